//===- PtxMachine.cpp - Runs PTX on the processor -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxMachine.h"
#include "PtxArithmetic.h"
#include "PtxCopies.h"
#include "PtxThread.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace ptx;

namespace {

class Machine {
public:
  Machine(const Function &function, std::array<unsigned, 2> grid,
          std::array<unsigned, 2> block,
          const std::vector<uint64_t> &parameters, const FindMemory &findMemory,
          std::vector<std::string> &mistakes, unsigned launchBytes,
          bool startsEarly)
      : function(function), grid(grid), block(block), parameters(parameters),
        findMemory(findMemory), mistakes(mistakes), startsEarly(startsEarly),
        shared(function.sharedBytes + launchBytes),
        threads(size_t(block[0]) * block[1]) {
    const char *order = std::getenv("LATHE_FAKE_CUDA_ORDER");
    backward = order && std::string_view(order) == "backward";
    for (const Instruction &instruction : function.code) {
      kinds.push_back(kindOf(instruction));
      operations.push_back(kinds.back() == Kind::compute
                               ? findOperation(instruction)
                               : Operation());
      if (kinds.back() == Kind::compute && !operations.back().known)
        fail("there is no such instruction", instruction);
    }
  }

  void run() {
    for (group[1] = 0; group[1] < grid[1]; ++group[1])
      for (group[0] = 0; group[0] < grid[0] && !failed; ++group[0])
        runBlock();
    for (const Memory &memory : memories)
      if (memory.written && memory.constant)
        mistakes.push_back("kernel '" + function.name +
                           "' writes memory that it reads as constants");
  }

private:
  struct Memory {
    Range range;
    bool written = false, constant = false;
  };

  void fail(const std::string &what, const Instruction &instruction) {
    if (!failed)
      mistakes.push_back("kernel '" + function.name + "': " + what + ": " +
                         instruction.text);
    failed = true;
  }

  //===--- Threads of a block ---------------------------------------------===//

  void runBlock() {
    std::fill(shared.begin(), shared.end(), 0xff);
    copies.beginBlock(threads.size(), shared.size());
    for (size_t i = 0; i < threads.size(); ++i) {
      threads[i].slots.assign(function.slots, 0);
      threads[i].next = 0;
      threads[i].state = State::ready;
      threads[i].pending = {};
      threads[i].mayReach = !startsEarly;
      threads[i].place = {static_cast<unsigned>(i % block[0]),
                          static_cast<unsigned>(i / block[0])};
    }
    do {
      for (size_t i = 0; i < threads.size() && !failed; ++i)
        runThread(threads[backward ? threads.size() - 1 - i : i]);
    } while (!failed && goOn());
    if (!failed && copies.areUnderWay())
      fail("copies are under way at the end", function.code.back());
  }

  /// Lets threads go on that have come to the same place; false if all ended.
  bool goOn() {
    bool moved = false, ended = true, waiting = true;
    for (size_t first = 0; first < threads.size(); first += 32)
      moved |= exchange(first, std::min(first + 32, threads.size()));
    for (const Thread &thread : threads) {
      ended &= thread.state == State::done;
      waiting &= thread.state != State::atExchange;
    }
    if (ended || moved)
      return moved;
    copies.passBarrier();
    for (Thread &thread : threads)
      if (waiting && thread.state == State::atBarrier)
        thread.state = State::ready;
    if (!waiting)
      fail("threads of a subgroup wait at different places",
           function.code.front());
    return waiting;
  }

  /// Lets the threads of a subgroup do an instruction together, once all are
  /// there.
  bool exchange(size_t first, size_t end) {
    if (threads[first].state == State::atExchange &&
        isOfWarpgroup(function.code[threads[first].next - 1]))
      return first % warpgroupThreads == 0 && multiply(first);
    for (size_t i = first; i < end; ++i)
      if (threads[i].state != State::atExchange ||
          threads[i].next != threads[first].next)
        return false;
    const Instruction &instruction = function.code[threads[first].next - 1];
    LaneValues given;
    for (size_t i = first; i < end; ++i)
      given.push_back(giveToOthers(threads[i], instruction, i - first));
    std::optional<LaneValues> results;
    if (!failed)
      results = computeTogether(instruction, given);
    if (!results)
      fail("there is no such instruction", instruction);
    for (size_t i = first; i < end && !failed; ++i) {
      for (size_t j = 0; j < instruction.to.size(); ++j)
        threads[i].slots[instruction.to[j].index] = (*results)[i - first].at(j);
      threads[i].state = State::ready;
    }
    return !failed;
  }

  /// Lets a warpgroup begin a product once all of its threads are there.
  bool multiply(size_t first) {
    if (first + warpgroupThreads > threads.size())
      return false;
    const Instruction &instruction = function.code[threads[first].next - 1];
    LaneValues given(warpgroupThreads);
    for (size_t i = 0; i < warpgroupThreads; ++i) {
      const Thread &thread = threads[first + i];
      if (thread.state != State::atExchange ||
          thread.next != threads[first].next)
        return false;
      for (const Operand &sum : instruction.to) {
        const uint64_t *pending = thread.pending.find(sum.index);
        given[i].push_back(pending ? *pending : thread.slots[sum.index]);
      }
      for (const Operand &source : instruction.sources)
        given[i].push_back(get(thread, source));
    }
    std::optional<LaneValues> results =
        multiplyShared(instruction, given, [&](uint64_t address) {
          uint16_t word = 0;
          if (unsigned char *memory =
                  reachShared(threads[first], instruction, address, 2))
            std::memcpy(&word, memory, 2);
          return word;
        });
    if (!results)
      fail("there is no such instruction", instruction);
    for (size_t i = 0; i < warpgroupThreads && !failed; ++i) {
      Thread &thread = threads[first + i];
      for (size_t j = 0; j < instruction.to.size(); ++j)
        thread.pending.begin(instruction.to[j].index, (*results)[i][j]);
      thread.state = State::ready;
    }
    return !failed;
  }

  /// fence.proxy.async…; wgmma.{fence, commit_group}.sync.aligned;
  /// wgmma.wait_group.sync.aligned N; griddepcontrol.{launch_dependents, wait}.
  void order(Thread &thread, const Instruction &instruction) {
    const std::string &name = instruction.words[1];
    if (instruction.words[0] == "griddepcontrol") {
      thread.mayReach |= name == "wait";
      return;
    }
    if (instruction.words[0] == "fence" ? name == "proxy" : name == "fence")
      return;
    if (name == "commit_group")
      thread.pending.makeGroup();
    else if (name == "wait_group")
      thread.pending.await(get(thread, instruction.sources[0]), thread.slots);
    else
      fail("there is no such instruction", instruction);
  }

  std::vector<uint64_t>
  giveToOthers(Thread &thread, const Instruction &instruction, size_t lane) {
    std::vector<uint64_t> values;
    if (size_t rows = countRows(instruction)) {
      uint32_t row[4] = {};
      unsigned char *memory =
          lane < rows
              ? reach(thread, instruction, instruction.sources[0], 16, false)
              : nullptr;
      if (memory)
        std::memcpy(row, memory, 16);
      values.assign(std::begin(row), std::end(row));
      return values;
    }
    for (const Operand &source : instruction.sources)
      values.push_back(get(thread, source));
    return values;
  }

  void runThread(Thread &thread) {
    while (thread.state == State::ready && !failed) {
      if (thread.next >= function.code.size()) {
        thread.state = State::done;
        return;
      }
      step(thread, thread.next++);
    }
  }

  void step(Thread &thread, size_t at) {
    const Instruction &instruction = function.code[at];
    if (instruction.guard >= 0 &&
        (thread.slots[static_cast<size_t>(instruction.guard)] != 0) ==
            instruction.unless)
      return;
    if (!thread.pending.empty() && kinds[at] != Kind::exchange &&
        moveSum(thread, instruction))
      return;
    switch (kinds[at]) {
    case Kind::compute:
      return compute(thread, instruction, operations[at]);
    case Kind::load:
      return load(thread, instruction);
    case Kind::store:
      return store(thread, instruction);
    case Kind::copy:
      return copy(thread, instruction);
    case Kind::atomic:
      return updateAtomically(thread, instruction);
    case Kind::branch:
      thread.next = instruction.target;
      return;
    case Kind::finish:
      thread.state = State::done;
      return;
    case Kind::wait:
      thread.state = State::atBarrier;
      return;
    case Kind::exchange:
      thread.state = State::atExchange;
      return;
    case Kind::order:
      return order(thread, instruction);
    }
  }

  //===--- Values ---------------------------------------------------------===//

  uint64_t get(const Thread &thread, const Operand &operand) const {
    if (operand.kind == Operand::slot)
      return thread.slots[operand.index];
    if (operand.kind == Operand::constant)
      return static_cast<uint64_t>(operand.value);
    const unsigned values[] = {thread.place[0], thread.place[1], block[0],
                               block[1],        group[0],        group[1],
                               grid[0],         grid[1]};
    return values[operand.index];
  }

  void compute(Thread &thread, const Instruction &instruction,
               const Operation &operation) {
    uint64_t values[4] = {};
    const std::vector<Operand> &sources = instruction.sources;
    for (size_t i = 0; i < std::min<size_t>(sources.size(), 4); ++i)
      values[i] = get(thread, sources[i]);
    size_t parts = std::max(sources.size(), instruction.to.size());
    unsigned bits = instruction.type.bits;
    if (operation.code != Operation::move || parts == 1) {
      thread.slots[instruction.to[0].index] = ptx::compute(operation, values);
      return;
    }
    // A value of parts, the lowest first, or its parts.
    bits /= static_cast<unsigned>(parts);
    uint64_t whole = 0;
    for (size_t i = 0; i < sources.size(); ++i)
      whole |= truncate(values[i], sources.size() == 1 ? 64 : bits)
               << (i * bits);
    for (size_t i = 0; i < instruction.to.size(); ++i)
      thread.slots[instruction.to[i].index] =
          instruction.to.size() == 1 ? whole
                                     : truncate(whole >> (i * bits), bits);
  }

  /// Moves a sum that is not there yet to another register, which is all that
  /// may happen to it.
  bool moveSum(Thread &thread, const Instruction &instruction) {
    for (const Operand &source : instruction.sources) {
      if (source.kind != Operand::slot || !thread.pending.find(source.index))
        continue;
      if (instruction.words[0] == "mov" && instruction.to.size() == 1)
        thread.pending.move(source.index, instruction.to[0].index);
      else
        fail("a sum whose product is under way", instruction);
      return true;
    }
    return false;
  }

  //===--- Memory ---------------------------------------------------------===//

  /// The device's memory around an address, or none after a mistake.
  Memory *find(uint64_t address, size_t bytes) {
    for (Memory &memory : memories)
      if (address >= memory.range.begin && address + bytes <= memory.range.end)
        return &memory;
    Range range = findMemory(address);
    if (range.begin == range.end || address + bytes > range.end)
      return nullptr;
    memories.push_back({range, false, false});
    return &memories.back();
  }

  static bool has(const Instruction &instruction, const char *word) {
    return std::find(instruction.words.begin(), instruction.words.end(),
                     word) != instruction.words.end();
  }

  /// The address that is a multiple of so many bytes.
  uint64_t addressOf(const Thread &thread, const Instruction &instruction,
                     const Operand &place, size_t alignment) {
    auto address = static_cast<uint64_t>(place.value) +
                   (place.hasBase ? thread.slots[place.index] : 0);
    if (address % alignment)
      fail("an address that is not aligned", instruction);
    return address;
  }

  /// Where bytes are that an instruction reaches, on the host.
  unsigned char *reach(const Thread &thread, const Instruction &instruction,
                       const Operand &place, size_t bytes, bool writes) {
    uint64_t address = addressOf(thread, instruction, place, bytes);
    if (failed)
      return nullptr;
    if (has(instruction, "shared"))
      return reachShared(thread, instruction, address, bytes);
    return reachGlobal(thread, instruction, address, bytes, writes);
  }

  unsigned char *reachGlobal(const Thread &thread,
                             const Instruction &instruction, uint64_t address,
                             size_t bytes, bool writes) {
    if (!thread.mayReach)
      fail("memory before the kernel waited", instruction);
    Memory *memory =
        has(instruction, "global") ? find(address, bytes) : nullptr;
    if (!memory) {
      fail("an address that is in no memory", instruction);
      return nullptr;
    }
    memory->written |= writes;
    memory->constant |= has(instruction, "nc");
    return reinterpret_cast<unsigned char *>(address);
  }

  unsigned char *reachShared(const Thread &thread,
                             const Instruction &instruction, uint64_t place,
                             size_t bytes) {
    if (place + bytes > shared.size()) {
      fail("an address that is in no memory", instruction);
      return nullptr;
    }
    if (const char *conflict =
            copies.findConflict(numberOf(thread), place, bytes))
      fail(conflict, instruction);
    return shared.data() + place;
  }

  size_t numberOf(const Thread &thread) const {
    return static_cast<size_t>(&thread - threads.data());
  }

  /// cp.async.{ca,cg}.shared.global [TO], [FROM], BYTES{, INSIDE};
  /// cp.async.commit_group; cp.async.wait_group N.
  void copy(Thread &thread, const Instruction &instruction) {
    const std::vector<std::string> &words = instruction.words;
    size_t number = numberOf(thread);
    if (words.size() == 3 && words[2] == "commit_group")
      return copies.makeGroup(number);
    if (words.size() == 3 && words[2] == "wait_group")
      return copies.await(number, get(thread, instruction.sources[0]), shared);
    if (words.size() != 5 || (words[2] != "ca" && words[2] != "cg") ||
        words[3] != "shared" || words[4] != "global")
      return fail("there is no such instruction", instruction);
    size_t bytes = get(thread, instruction.sources[2]), inside = bytes;
    if (instruction.sources.size() > 3)
      inside = truncate(get(thread, instruction.sources[3]), 32);
    bool isKnown =
        bytes == 16 || (words[2] == "ca" && (bytes == 4 || bytes == 8));
    if (!isKnown || inside > bytes)
      return fail("a copy of so many bytes", instruction);
    beginCopy(thread, instruction, bytes, inside);
  }

  void beginCopy(const Thread &thread, const Instruction &instruction,
                 size_t bytes, size_t inside) {
    uint64_t to = addressOf(thread, instruction, instruction.sources[0], bytes),
             from =
                 addressOf(thread, instruction, instruction.sources[1], bytes);
    std::vector<unsigned char> copied(bytes, 0);
    if (inside > 0 && !failed)
      if (unsigned char *memory =
              reachGlobal(thread, instruction, from, inside, /*writes=*/false))
        std::copy_n(memory, inside, copied.begin());
    if (!failed && reachShared(thread, instruction, to, bytes))
      copies.begin(numberOf(thread), to, std::move(copied));
  }

  void load(Thread &thread, const Instruction &instruction) {
    const Operand &place = instruction.sources[0];
    size_t bytes = instruction.type.bits / 8;
    if (instruction.words[1] == "param") {
      thread.slots[instruction.to[0].index] =
          parameters[static_cast<size_t>(place.value)];
      return;
    }
    unsigned char *memory =
        reach(thread, instruction, place, bytes * instruction.to.size(), false);
    for (size_t i = 0; i < instruction.to.size() && memory; ++i) {
      uint64_t value = 0;
      std::memcpy(&value, memory + i * bytes, bytes);
      thread.slots[instruction.to[i].index] =
          instruction.type.kind == 's'
              ? static_cast<uint64_t>(extend(value, instruction.type.bits))
              : value;
    }
  }

  void store(Thread &thread, const Instruction &instruction) {
    size_t bytes = instruction.type.bits / 8,
           count = instruction.sources.size() - 1;
    unsigned char *memory =
        reach(thread, instruction, instruction.sources[0], bytes * count, true);
    for (size_t i = 0; i < count && memory; ++i) {
      uint64_t value = get(thread, instruction.sources[1 + i]);
      std::memcpy(memory + i * bytes, &value, bytes);
    }
  }

  void updateAtomically(Thread &thread, const Instruction &instruction) {
    size_t bytes = instruction.type.bits / 8;
    unsigned char *memory =
        reach(thread, instruction, instruction.sources[0], bytes, true);
    if (instruction.words[instruction.words.size() - 2] != "or")
      fail("there is no such instruction", instruction);
    if (!memory || failed)
      return;
    uint64_t before = 0;
    std::memcpy(&before, memory, bytes);
    uint64_t after = before | get(thread, instruction.sources[1]);
    std::memcpy(memory, &after, bytes);
    thread.slots[instruction.to[0].index] = before;
  }

  const Function &function;
  std::array<unsigned, 2> grid, block, group = {0, 0};
  const std::vector<uint64_t> &parameters;
  const FindMemory &findMemory;
  std::vector<std::string> &mistakes;
  bool startsEarly;
  std::vector<unsigned char> shared;
  Copies copies;
  std::vector<Thread> threads;
  std::vector<Kind> kinds;
  std::vector<Operation> operations;
  std::vector<Memory> memories; ///< What was reached.
  bool backward = false, failed = false;
};

} // namespace

void ptx::run(const Function &function, std::array<unsigned, 2> grid,
              std::array<unsigned, 2> block,
              const std::vector<uint64_t> &parameters,
              const FindMemory &findMemory, std::vector<std::string> &mistakes,
              unsigned launchBytes, bool startsEarly) {
  if (!function.code.empty())
    Machine(function, grid, block, parameters, findMemory, mistakes,
            launchBytes, startsEarly)
        .run();
}
