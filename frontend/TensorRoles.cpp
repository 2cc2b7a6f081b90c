//===- TensorRoles.cpp - What inputs and outputs stand for ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/TensorRoles.h"
#include "dialect/Shape.h"
#include "frontend/Diagnostics.h"
#include "frontend/Labels.h"
#include "frontend/TensorText.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr int64_t mostReported = 1'000'000;

namespace {
/// Reads the keys of one role.
class RoleReader {
public:
  RoleReader(StringRef role, Location place,
             function_ref<const YamlNode *(StringRef)> find, Scope &scope,
             Budget &budget)
      : role(role), place(place), find(find), scope(scope), budget(budget),
        builder(place.getContext()) {}

  /// Whether everything read so far was good.
  bool isGood() const { return good; }
  InFlightDiagnostic fail(Location where) {
    good = false;
    return emitError(where);
  }
  /// At the key, or at the role where it is left out.
  Location placeOf(StringRef key) {
    const YamlNode *node = find(key);
    return node ? node->place : place;
  }
  bool has(StringRef key) { return find(key) != nullptr; }

  Datum read(StringRef key) {
    Datum value = evaluateNode(*find(key), scope, budget);
    good &= !value.isUnknown();
    return value;
  }

  /// One of `known`; `standard`, or a mistake if that is empty, where the key
  /// is left out.
  StringRef choice(StringRef key, ArrayRef<StringRef> known,
                   StringRef standard) {
    if (!has(key)) {
      if (standard.empty())
        fail(place) << role << " needs '" << key
                    << "': " << llvm::join(known, " or ");
      return standard;
    }
    Datum value = read(key);
    if (value.isUnknown())
      return standard;
    if (value.isString())
      for (StringRef name : known)
        if (name == value.string())
          return name;
    fail(placeOf(key)) << "'" << key << "' must be "
                       << llvm::join(known, " or ") << ", not "
                       << value.describe() << suggest(value.str(), known);
    return standard;
  }

  /// A number from `least` to `most`, which are what is `wanted`.
  double number(StringRef key, double standard, double least, double most,
                StringRef wanted) {
    if (!has(key))
      return standard;
    Datum value = read(key);
    if (value.isUnknown() ||
        (value.isNumber() && value.number() >= least && value.number() <= most))
      return value.isUnknown() ? standard : value.number();
    fail(placeOf(key)) << "'" << key << "' must be " << wanted << ", not "
                       << value.describe();
    return standard;
  }

  int64_t count(StringRef key, int64_t standard, int64_t most) {
    if (!has(key))
      return standard;
    Datum value = read(key);
    if (value.isUnknown() ||
        (value.isInt() && value.integer() >= 1 && value.integer() <= most))
      return value.isUnknown() ? standard : value.integer();
    fail(placeOf(key)) << "'" << key << "' must be a whole number from 1 to "
                       << most << ", not " << value.describe();
    return standard;
  }

  /// A number a channel: one for all, or a list.
  SmallVector<double> perChannel(StringRef key, double standard,
                                 size_t channels, bool isPositive) {
    SmallVector<double> numbers(channels, standard);
    if (!has(key))
      return numbers;
    Datum value = read(key);
    if (value.isUnknown())
      return numbers;
    Datum::List items =
        value.isList() ? value.list() : Datum::List(channels, value);
    if (items.size() != channels) {
      fail(placeOf(key)) << "'" << key << "' has " << items.size()
                         << " numbers, but the image has " << channels
                         << (channels == 1 ? " channel" : " channels");
      return numbers;
    }
    for (auto [number, item] : llvm::zip(numbers, items)) {
      // Programs compute with 32 bits.
      float rounded = item.isNumber() ? static_cast<float>(item.number()) : NAN;
      number = rounded;
      if (std::isfinite(rounded) && (rounded > 0 || !isPositive))
        continue;
      fail(placeOf(key)) << "'" << key << "' must be "
                         << (isPositive ? "numbers above 0" : "numbers")
                         << ", one or a list of one a channel, not "
                         << value.describe();
      break;
    }
    return numbers;
  }

  /// The number of the output that the key names; nothing after a mistake.
  std::optional<size_t> output(StringRef key, const EntryEdges &edges) {
    Datum value = read(key);
    if (value.isUnknown())
      return std::nullopt;
    auto names = llvm::map_range(
        edges.outputs, [](const EntryEdges::Output &it) { return it.name; });
    for (auto [i, name] : llvm::enumerate(names))
      if (value.isString() && name == value.string())
        return i;
    fail(placeOf(key)) << "'" << key << "' must be an output of the entry, not "
                       << value.describe() << suggest(value.str(), names);
    return std::nullopt;
  }

  std::vector<std::string> labels(StringRef key) {
    auto names = readLabels(*find(key), scope, budget);
    good &= names.has_value();
    return names.value_or(std::vector<std::string>());
  }

  StringRef role;
  Location place;
  function_ref<const YamlNode *(StringRef)> find;
  Scope &scope;
  Budget &budget;
  Builder builder;

private:
  bool good = true;
};
} // namespace

static constexpr StringRef scoreKinds[] = {"softmax", "sigmoid", "none"};

ArrayRef<StringRef> lathe::frontend::getOutputRoleKeys() {
  static constexpr StringRef keys[] = {"labels", "top", "scores", "detections"};
  return keys;
}

static bool isOfFloats(RankedTensorType type) {
  return isa<FloatType>(type.getElementType());
}

/// "[batch, 3] of f32"
static std::string describe(RankedTensorType type) {
  return formatShape(type) + " of " + getElementName(type.getElementType());
}

/// How a role's mapping is looked into.
static auto findIn(const YamlNode &node) {
  return [&node](StringRef key) -> const YamlNode * {
    const YamlNode::Entry *entry = node.find(key);
    return entry ? entry->value : nullptr;
  };
}

static StringAttr text(RoleReader &reader, StringRef value) {
  return reader.builder.getStringAttr(value);
}

static ArrayAttr texts(RoleReader &reader, ArrayRef<std::string> values) {
  SmallVector<StringRef> all(values.begin(), values.end());
  return reader.builder.getStrArrayAttr(all);
}

DictionaryAttr lathe::frontend::evaluateImage(const YamlNode &node,
                                              RankedTensorType type,
                                              Scope &scope, Budget &budget) {
  if (!checkMapping(node, "'image'", {"from", "mean", "std", "resize"}))
    return {};
  auto find = findIn(node);
  RoleReader reader("'image'", node.place, find, scope, budget);
  StringRef from = reader.choice("from", {"rgb8", "gray8"}, "");
  if (from.empty())
    return {};
  size_t channels = from == "rgb8" ? 3 : 1;
  Shape shape = getShape(type);
  if (shape.size() != 4 || !type.getElementType().isF32() ||
      shape[1] != DimExpr(int64_t(channels))) {
    emitError(node.place) << "an image from '" << from
                          << "' is an input f32[batch, " << channels
                          << ", height, width], not " << describe(type);
    return {};
  }
  bool isFixed = shape[2].getConstant() && shape[3].getConstant();
  SmallVector<double> mean = reader.perChannel("mean", 0, channels, false);
  SmallVector<double> deviation = reader.perChannel("std", 1, channels, true);
  StringRef resize = reader.choice("resize", {"stretch", "crop", "none"},
                                   isFixed ? "stretch" : "none");
  if (!isFixed && resize != "none")
    reader.fail(reader.placeOf("resize"))
        << "an image can be resized to a fixed height and width only, not to "
        << formatShape(type) << "; leave 'resize' out";
  if (!reader.isGood())
    return {};
  NamedAttrList image;
  image.append("from", text(reader, from));
  image.append("mean", reader.builder.getF64ArrayAttr(mean));
  image.append("std", reader.builder.getF64ArrayAttr(deviation));
  image.append("resize", text(reader, resize));
  return image.getDictionary(type.getContext());
}

/// The labels of an output of scores.
static DictionaryAttr evaluateLabels(RoleReader &reader,
                                     RankedTensorType type) {
  std::vector<std::string> names = reader.labels("labels");
  if (!reader.isGood())
    return {};
  Shape shape = getShape(type);
  std::optional<int64_t> classes;
  if (!shape.empty() && isOfFloats(type))
    classes = shape.back().getConstant();
  if (!classes)
    reader.fail(reader.placeOf("labels"))
        << "labels need an output of floats whose last dimension, the classes, "
           "is fixed, not "
        << describe(type);
  else if (*classes != static_cast<int64_t>(names.size()))
    reader.fail(reader.placeOf("labels"))
        << "there are " << names.size() << " labels for the " << *classes
        << " classes of " << describe(type);
  auto count = static_cast<int64_t>(names.size());
  int64_t top = reader.count("top", std::min<int64_t>(5, count), count);
  StringRef scores = reader.choice("scores", scoreKinds, "softmax");
  if (!reader.isGood())
    return {};
  NamedAttrList labels;
  labels.append("names", texts(reader, names));
  labels.append("top", reader.builder.getI64IntegerAttr(top));
  labels.append("scores", text(reader, scores));
  return labels.getDictionary(type.getContext());
}

/// Checks the shapes of a detector's outputs against each other. `classes` is
/// null where the scores are one a class.
static void checkDetector(RoleReader &reader, RankedTensorType boxes,
                          RankedTensorType scores, RankedTensorType classes,
                          size_t labels, bool isSoftmax) {
  Shape boxShape = getShape(boxes);
  if (!isOfFloats(boxes) || boxShape.size() < 2 ||
      boxShape.back() != DimExpr(4)) {
    reader.fail(reader.place)
        << "detections need boxes of floats, [..., boxes, 4], not "
        << describe(boxes);
    return;
  }
  Shape wanted = boxShape;
  wanted.pop_back();
  std::string perBox =
      formatShape(getTensorType(wanted, boxes.getElementType()));
  if (classes) {
    if (getShape(scores) != wanted || !isOfFloats(scores))
      reader.fail(reader.placeOf("scores"))
          << "with 'classes', the scores of these boxes must be " << perBox
          << " of floats, not " << describe(scores);
    if (getShape(classes) != wanted || isOfFloats(classes))
      reader.fail(reader.placeOf("classes"))
          << "the classes of these boxes must be " << perBox
          << " of whole numbers, not " << describe(classes);
    return;
  }
  Shape given = getShape(scores);
  std::optional<int64_t> count;
  if (!given.empty() && isOfFloats(scores) &&
      ArrayRef(given).drop_back() == ArrayRef(wanted))
    count = given.back().getConstant();
  if (!count) {
    reader.fail(reader.placeOf("scores"))
        << "the scores must be floats with the dimensions " << perBox
        << " of the boxes and one of the classes, not " << describe(scores);
    return;
  }
  auto named = static_cast<int64_t>(labels);
  if (named && *count != named && !(isSoftmax && *count == named + 1))
    reader.fail(reader.placeOf("labels"))
        << "there are " << named << " labels for the " << *count
        << " classes of " << describe(scores)
        << (isSoftmax ? ", the last of which may be that of no object" : "");
}

/// The image input whose pixels the boxes are in; "" for none.
static StringRef evaluateImageOf(RoleReader &reader, const EntryEdges &edges) {
  if (!reader.has("image")) {
    if (edges.images.size() > 1)
      reader.fail(reader.place)
          << "the entry has several images; say by 'image' in which the boxes "
             "are: "
          << llvm::join(edges.images, " or ");
    return edges.images.size() == 1 ? edges.images.front() : "";
  }
  if (!edges.images.empty())
    return reader.choice("image", edges.images, "");
  reader.fail(reader.placeOf("image"))
      << "no input of the entry declares that it is an image";
  return "";
}

static DictionaryAttr evaluateDetections(RoleReader &reader,
                                         RankedTensorType type,
                                         const EntryEdges &edges) {
  if (!reader.has("scores")) {
    reader.fail(reader.place)
        << "'detections' needs 'scores', the output that holds them";
    return {};
  }
  std::optional<size_t> scores = reader.output("scores", edges), classes;
  if (reader.has("classes"))
    classes = reader.output("classes", edges);
  std::vector<std::string> names;
  if (reader.has("labels"))
    names = reader.labels("labels");
  StringRef kind = reader.choice("scores_are", scoreKinds, "none");
  if (reader.has("classes") && kind == "softmax")
    reader.fail(reader.placeOf("scores_are"))
        << "with 'classes', a box has one score, of which there is no softmax";
  double threshold =
      reader.number("threshold", 0.3, -HUGE_VAL, HUGE_VAL, "a number");
  int64_t most = reader.count("most", 100, mostReported);
  double overlap = reader.number("nms", 1, 0, 1, "a number from 0 to 1");
  StringRef image = evaluateImageOf(reader, edges);
  if (reader.isGood())
    checkDetector(reader, type, edges.outputs[*scores].type,
                  classes ? edges.outputs[*classes].type : RankedTensorType(),
                  names.size(), kind == "softmax");
  if (!reader.isGood())
    return {};
  NamedAttrList detections;
  detections.append("scores", text(reader, edges.outputs[*scores].name));
  if (classes)
    detections.append("classes", text(reader, edges.outputs[*classes].name));
  if (!image.empty())
    detections.append("image", text(reader, image));
  if (!names.empty())
    detections.append("labels", texts(reader, names));
  detections.append("scores_are", text(reader, kind));
  detections.append("threshold", reader.builder.getF64FloatAttr(threshold));
  detections.append("most", reader.builder.getI64IntegerAttr(most));
  if (reader.has("nms"))
    detections.append("nms", reader.builder.getF64FloatAttr(overlap));
  return detections.getDictionary(type.getContext());
}

void lathe::frontend::addOutputRole(const EntryTensor &output, size_t index,
                                    const EntryEdges &edges, Scope &scope,
                                    Budget &budget, NamedAttrList &attributes) {
  RankedTensorType type = edges.outputs[index].type;
  const YamlNode *labels = output.find("labels");
  const YamlNode *detections = output.find("detections");
  for (StringRef key : {"top", "scores"})
    if (const YamlNode *node = output.find(key); node && !labels)
      emitError(node->place) << "'" << key << "' is of use with 'labels' only";
  if (labels && detections) {
    emitError(detections->place)
        << "an output is either scores of 'labels' or boxes of 'detections'";
    return;
  }
  if (labels) {
    auto find = [&](StringRef key) { return output.find(key); };
    RoleReader reader("an output", output.place, find, scope, budget);
    if (DictionaryAttr role = evaluateLabels(reader, type))
      attributes.append("lathe.labels", role);
  }
  if (detections && checkMapping(*detections, "'detections'",
                                 {"scores", "classes", "labels", "scores_are",
                                  "threshold", "most", "nms", "image"})) {
    auto find = findIn(*detections);
    RoleReader reader("'detections'", detections->place, find, scope, budget);
    if (DictionaryAttr role = evaluateDetections(reader, type, edges))
      attributes.append("lathe.detections", role);
  }
}
