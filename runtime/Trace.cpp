//===- Trace.cpp - Profiles -----------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A trace is a user of the public hooks like any other. While a model runs, it
// writes to memory taken beforehand; everything else waits until the end.
//
//===----------------------------------------------------------------------===//

#include "runtime/Model.h"
#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

using namespace lathe::runtime;

struct LatheTrace {
  struct Record {
    const LatheEventInfo *event;
    size_t dims; ///< Where its dims start in `dims`.
    int64_t begin;
    int64_t end; ///< Both in ns; before `begin` while the event is open.
    bool onDevice = false;
  };

  LatheTrace(const Descriptor &descriptor, size_t capacity)
      : descriptor(descriptor) {
    records.reserve(capacity);
    dims.reserve(descriptor.info.dimCount * capacity);
  }
  void begin(const LatheEventInfo *event, const int64_t *dims);
  void end(const LatheEventInfo *event);
  void device(const LatheEventInfo *event, const int64_t *dims, int64_t begin,
              int64_t end);

  int64_t flopsOf(const Record &record) const;
  std::string shapeOf(const Record &record) const;

  const Descriptor &descriptor;
  std::vector<Record> records;
  std::vector<int64_t> dims; ///< Each different set once in a row.
  size_t dropped = 0;
  /// Events whose work was a device's at some time: what the processor does
  /// for them is to hand it over.
  std::set<const LatheEventInfo *> findDeviceEvents() const;

private:
  size_t storeDims(const int64_t *values);
};

static int64_t now() {
  return std::chrono::nanoseconds(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

size_t LatheTrace::storeDims(const int64_t *values) {
  size_t count = descriptor.info.dimCount;
  bool same = dims.size() >= count &&
              std::equal(values, values + count, dims.end() - count);
  if (!same)
    dims.insert(dims.end(), values, values + count);
  return dims.size() - count;
}

void LatheTrace::begin(const LatheEventInfo *event, const int64_t *values) {
  if (records.size() == records.capacity()) {
    ++dropped;
    return;
  }
  size_t stored = storeDims(values);
  records.push_back({event, stored, now(), 0});
}

void LatheTrace::device(const LatheEventInfo *event, const int64_t *values,
                        int64_t begin, int64_t end) {
  if (records.size() == records.capacity()) {
    ++dropped;
    return;
  }
  size_t stored = storeDims(values);
  records.push_back({event, stored, begin, end, true});
}

std::set<const LatheEventInfo *> LatheTrace::findDeviceEvents() const {
  std::set<const LatheEventInfo *> found;
  for (const Record &record : records)
    if (record.onDevice)
      found.insert(record.event);
  return found;
}

void LatheTrace::end(const LatheEventInfo *event) {
  int64_t time = now();
  // Events nest but little: the open one is near the end.
  auto open =
      std::find_if(records.rbegin(), records.rend(), [&](const Record &record) {
        return record.event == event && record.end < record.begin &&
               !record.onDevice;
      });
  if (open != records.rend())
    open->end = time;
}

int64_t LatheTrace::flopsOf(const Record &record) const {
  std::span values(dims.data() + record.dims, descriptor.info.dimCount);
  auto flops = SizeExpr::parse(record.event->flops, descriptor.dimNames);
  return flops ? flops->evaluate(values).value_or(0) : 0;
}

/// The event's shape with the dims' values for their names: "batch x16x8x8"
/// gives "7x16x8x8".
std::string LatheTrace::shapeOf(const Record &record) const {
  auto isWord = [](char c) { return isalnum(c) || c == '_'; };
  std::string_view text = record.event->shape;
  std::string shape;
  while (!text.empty()) {
    size_t length = 0;
    while (length < text.size() && isWord(text[length]))
      ++length;
    std::string_view word = text.substr(0, std::max<size_t>(length, 1));
    text.remove_prefix(word.size());
    auto dim =
        std::find(descriptor.dimNames.begin(), descriptor.dimNames.end(), word);
    if (dim == descriptor.dimNames.end()) {
      shape += word;
      continue;
    }
    auto index = static_cast<size_t>(dim - descriptor.dimNames.begin());
    shape += std::to_string(dims[record.dims + index]);
    if (text.starts_with(" x"))
      text.remove_prefix(1);
  }
  return shape;
}

LatheCode latheTraceCreate(const LatheModel *model, size_t capacity,
                           LatheTrace **trace, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!model || !trace)
      return {LATHE_BAD_ARGUMENT, "'model' or 'trace' is null"};
    *trace = new LatheTrace(*model->descriptor, capacity);
    return {};
  });
}

void latheTraceDestroy(LatheTrace *trace) { delete trace; }

LatheHooks latheTraceHooks(LatheTrace *trace) {
  return {trace,
          [](void *user, const LatheEventInfo *event, const int64_t *dims) {
            static_cast<LatheTrace *>(user)->begin(event, dims);
          },
          [](void *user, const LatheEventInfo *event, const int64_t *) {
            static_cast<LatheTrace *>(user)->end(event);
          },
          [](void *user, const LatheEventInfo *event, const int64_t *dims,
             int64_t begin, int64_t end) {
            static_cast<LatheTrace *>(user)->device(event, dims, begin, end);
          }};
}

LatheCode latheTraceWrite(const LatheTrace *trace, const char *path,
                          LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    nlohmann::ordered_json events = nlohmann::ordered_json::array();
    int64_t start = trace->records.empty() ? 0 : trace->records[0].begin;
    std::set<const LatheEventInfo *> onDevice = trace->findDeviceEvents();
    if (!onDevice.empty())
      for (bool device : {false, true})
        events.push_back({{"name", "thread_name"},
                          {"ph", "M"},
                          {"pid", getpid()},
                          {"tid", device ? getpid() + 1 : getpid()},
                          {"args", {{"name", device ? "device" : "host"}}}});
    for (const LatheTrace::Record &record : trace->records) {
      auto duration = static_cast<double>(record.end - record.begin);
      nlohmann::ordered_json args = {{"op", record.event->op},
                                     {"shape", trace->shapeOf(record)}};
      if (record.onDevice || !onDevice.contains(record.event)) {
        int64_t flops = trace->flopsOf(record);
        args["flops"] = flops;
        args["GFLOP/s"] = static_cast<double>(flops) / duration;
      }
      events.push_back(
          {{"name", record.event->name},
           {"cat", record.event->op},
           {"ph", "X"},
           {"pid", getpid()},
           {"tid", record.onDevice ? getpid() + 1 : getpid()},
           {"ts", static_cast<double>(record.begin - start) * 1e-3},
           {"dur", duration * 1e-3},
           {"args", std::move(args)}});
    }
    nlohmann::ordered_json document = {
        {"displayTimeUnit", "ms"},
        {"otherData",
         {{"model", trace->descriptor.info.name},
          {"target", trace->descriptor.info.target},
          {"droppedEvents", trace->dropped}}},
        {"traceEvents", std::move(events)}};
    // Names that are not UTF-8 must not spoil the file.
    using Handler = nlohmann::ordered_json::error_handler_t;
    std::string text = document.dump(1, ' ', false, Handler::replace);
    auto file = OutputFile::create(path);
    if (!file)
      return file.status();
    Status written = file->write(text.data(), text.size());
    return written.failed() ? written : file->commit();
  });
}

void latheTracePrint(const LatheTrace *trace, FILE *stream) {
  struct Row {
    const LatheTrace::Record *record; ///< One of them, for its shape.
    size_t calls = 0;
    double seconds = 0;
    double flops = 0;
  };
  // A step may come in several events, and with other shapes in other entries.
  std::map<std::pair<std::string_view, std::string_view>, Row> bySteps;
  double total = 0;
  size_t calls = 0;
  std::set<const LatheEventInfo *> onDevice = trace->findDeviceEvents();
  for (const LatheTrace::Record &record : trace->records) {
    if (!record.onDevice && onDevice.contains(record.event))
      continue;
    ++calls;
    Row &row = bySteps[{record.event->name, record.event->shape}];
    double seconds = static_cast<double>(record.end - record.begin) * 1e-9;
    row.record = &record;
    row.calls += 1;
    row.seconds += seconds;
    row.flops += static_cast<double>(trace->flopsOf(record));
    total += seconds;
  }
  std::vector<Row> rows;
  for (const auto &[name, row] : bySteps)
    rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [](const Row &a, const Row &b) { return a.seconds > b.seconds; });
  int width = 5;
  for (const Row &row : rows)
    width = std::max(width, static_cast<int>(strlen(row.record->event->name)));
  fprintf(stream, "%-*s  %-20s %-18s %7s %10s %6s %9s\n", width, "event", "op",
          "shape", "calls", "ms", "%", "GFLOP/s");
  for (const Row &row : rows)
    fprintf(stream, "%-*s  %-20s %-18s %7zu %10.3f %6.1f %9.2f\n", width,
            row.record->event->name, row.record->event->op,
            trace->shapeOf(*row.record).c_str(), row.calls, row.seconds * 1e3,
            total > 0 ? 100 * row.seconds / total : 0,
            row.seconds > 0 ? row.flops / row.seconds * 1e-9 : 0);
  fprintf(stream, "%-*s  %-20s %-18s %7zu %10.3f\n", width, "total", "", "",
          calls, total * 1e3);
  if (trace->dropped)
    fprintf(stream, "%zu more events did not fit the trace\n", trace->dropped);
}
