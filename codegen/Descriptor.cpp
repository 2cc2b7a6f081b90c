//===- Descriptor.cpp - What the runtime knows of a compiled model --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Descriptor.h"
#include "codegen/WeightsFile.h"
#include "dialect/Locations.h"
#include "dialect/ParameterCount.h"
#include "dialect/WeightMath.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::lathe;

std::string mlir::lathe::formatElementType(Type type) {
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (type.isUnsignedInteger())
    os << "u" << type.getIntOrFloatBitWidth();
  else
    os << type;
  return text;
}

static llvm::json::Array shapeToJson(ArrayRef<DimExpr> shape) {
  llvm::json::Array array;
  for (const DimExpr &dim : shape)
    if (std::optional<int64_t> constant = dim.getConstant())
      array.push_back(*constant);
    else
      array.push_back(dim.str());
  return array;
}

static llvm::json::Object tensorToJson(StringRef name, Type type) {
  return llvm::json::Object{
      {"name", name.str()},
      {"type", formatElementType(getElementTypeOrSelf(type))},
      {"shape", shapeToJson(getShape(type))}};
}

/// A size as people write it: what is added first, then what is subtracted.
static std::string readable(const DimExpr &size) {
  std::string added, subtracted;
  for (const auto &[monomial, coefficient] : size.getTerms()) {
    DimExpr term = std::abs(coefficient);
    for (const DimExpr::Atom &atom : monomial)
      term *= atom.dividend ? atom.dividend->floorDiv(atom.divisor)
                            : DimExpr::symbol(atom.name);
    if (coefficient < 0)
      subtracted += " - " + term.str();
    else
      added += (added.empty() ? "" : " + ") + term.str();
  }
  return added.empty() ? size.str() : added + subtracted;
}

static std::string readable(StringRef text) {
  std::optional<DimExpr> size = DimExpr::parse(text);
  return size ? readable(*size) : text.str();
}

/// A dimension's bounds, its limit, and the input that it is read from.
static llvm::json::Object dimToJson(StringRef name, ModuleOp module) {
  auto entry = [&](StringRef table) -> Attribute {
    auto attr = module->getAttrOfType<DictionaryAttr>(table);
    return attr ? attr.get(name) : Attribute();
  };
  auto bounds = cast<DenseI64ArrayAttr>(entry("lathe.dims"));
  llvm::json::Object dim{
      {"name", name}, {"min", bounds[0]}, {"max", bounds[1]}};
  if (auto limit = dyn_cast_if_present<StringAttr>(entry("lathe.dim_limits")))
    dim["limit"] = readable(limit.getValue());
  auto source = dyn_cast_if_present<DictionaryAttr>(entry("lathe.dim_sources"));
  if (!source)
    return dim;
  dim["input"] = source.getAs<StringAttr>("input").getValue();
  if (auto values = source.getAs<DenseI64ArrayAttr>("values"))
    dim["values"] = llvm::json::Array(values.asArrayRef());
  return dim;
}

/// What roles of inputs and outputs are made of.
static llvm::json::Value attributeToJson(Attribute attribute) {
  if (auto text = dyn_cast<StringAttr>(attribute))
    return text.getValue();
  if (auto number = dyn_cast<IntegerAttr>(attribute))
    return number.getValue().getSExtValue();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto list = dyn_cast<ArrayAttr>(attribute)) {
    llvm::json::Array items;
    for (Attribute item : list)
      items.push_back(attributeToJson(item));
    return items;
  }
  llvm::json::Object object;
  if (auto dictionary = dyn_cast<DictionaryAttr>(attribute))
    for (NamedAttribute entry : dictionary)
      object[entry.getName().getValue()] = attributeToJson(entry.getValue());
  return object;
}

/// Adds what a tensor stands for: "lathe.image" as "image", and so on.
static void addRole(StringRef role, DictionaryAttr attrs,
                    llvm::json::Object &tensor) {
  if (Attribute value = attrs ? attrs.get(("lathe." + role).str()) : nullptr)
    tensor[role] = attributeToJson(value);
}

static llvm::json::Object outputToJson(StringRef name, Type type,
                                       DictionaryAttr attrs) {
  llvm::json::Object output = tensorToJson(name, type);
  addRole("labels", attrs, output);
  addRole("detections", attrs, output);
  return output;
}

static llvm::json::Object inputToJson(StringRef name, Type type,
                                      DictionaryAttr attrs) {
  llvm::json::Object input = tensorToJson(name, type);
  if (auto range = attrs ? attrs.getAs<ArrayAttr>("lathe.range") : ArrayAttr())
    input["range"] =
        llvm::json::Array{readable(cast<StringAttr>(range[0]).getValue()),
                          readable(cast<StringAttr>(range[1]).getValue())};
  addRole("image", attrs, input);
  return input;
}

/// "batch x16x8x8", for profiles.
static std::string briefShape(Type type) {
  return llvm::join(
      llvm::map_range(getShape(type), [](const DimExpr &d) { return d.str(); }),
      "x");
}

/// The `lathe.name` of an argument or result, or "name0".
static std::string nameOf(DictionaryAttr attrs, StringRef fallback,
                          unsigned index) {
  auto name = attrs ? attrs.getAs<StringAttr>("lathe.name") : StringAttr();
  return name ? name.str() : (fallback + Twine(index)).str();
}

/// Of which entry a function is a variant, and for which sizes.
static void addVariant(func::FuncOp function, llvm::json::Object &entry) {
  auto of = function->getAttrOfType<FlatSymbolRefAttr>("lathe.variant_of");
  if (!of)
    return;
  llvm::json::Object when;
  for (NamedAttribute size :
       function->getAttrOfType<DictionaryAttr>("lathe.when"))
    when[size.getName().getValue()] =
        cast<IntegerAttr>(size.getValue()).getInt();
  entry["variant_of"] = of.getValue();
  entry["when"] = std::move(when);
}

DescriptorBuilder::DescriptorBuilder(ModuleOp module) {
  auto text = [&](StringRef attribute) {
    auto attr = module->getAttrOfType<StringAttr>(attribute);
    return attr ? attr.str() : std::string();
  };
  model["lathe"] = 1;
  model["model"] = text("lathe.model");
  model["summary"] = text("lathe.summary");
  llvm::json::Array dims;
  auto bounds = module->getAttrOfType<DictionaryAttr>("lathe.dims");
  if (auto order = module->getAttrOfType<ArrayAttr>("lathe.dim_order"))
    for (Attribute name : order)
      dims.push_back(dimToJson(cast<StringAttr>(name), module));
  else if (bounds)
    for (NamedAttribute dim : bounds)
      dims.push_back(dimToJson(dim.getName(), module));
  model["dims"] = std::move(dims);

  for (auto function : module.getOps<func::FuncOp>()) {
    llvm::json::Array inputs, outputs;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      inputs.push_back(
          inputToJson(nameOf(function.getArgAttrDict(i), "input", i), type,
                      function.getArgAttrDict(i)));
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      outputs.push_back(
          outputToJson(nameOf(function.getResultAttrDict(i), "output", i), type,
                       function.getResultAttrDict(i)));
    llvm::json::Object &entry = entries[function.getSymNameAttr()];
    entry = llvm::json::Object{{"name", function.getSymName()},
                               {"inputs", std::move(inputs)},
                               {"outputs", std::move(outputs)}};
    addVariant(function, entry);
  }
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isDeclaration())
      continue;
    llvm::DenseSet<Value> prepared = findWeightMath(function.front());
    function.walk([&](CostOpInterface op) {
      StringRef path = getStepPath(op->getLoc());
      llvm::StringMap<Step> &own = steps[function.getSymName()];
      // What passes make of a step's weights is not what runs.
      if (path.empty() || prepared.contains(op->getResult(0)))
        return;
      Step step = {op->getName().stripDialect().str(),
                   briefShape(op->getResult(0).getType()),
                   op.getWork().flops.str()};
      // What only moves elements gives its name to no step that computes.
      auto [known, isNew] = own.try_emplace(path, step);
      if (!isNew && known->second.flops == "0")
        known->second = step;
    });
  }
  for (auto weight : module.getOps<WeightOp>())
    parameters += countParameters(weight.getSymName(), weight.getTensorType());
}

void DescriptorBuilder::addCode(ModuleOp loops) {
  for (auto &[name, entry] : entries) {
    auto function = loops.lookupSymbol<func::FuncOp>(name);
    auto arena = function->getAttrOfType<IntegerAttr>("lathe.arena_bytes");
    entry["arena_bytes"] = arena ? arena.getInt() : 0;
    if (auto live = function->getAttrOfType<IntegerAttr>("lathe.live_bytes"))
      entry["live_bytes"] = live.getInt();
    // Some inputs code of the processor reads beside a device.
    for (auto [i, input] : llvm::enumerate(*entry.getArray("inputs")))
      if (function.getArgAttr(i, "lathe.on_host"))
        (*input.getAsObject())["host"] = true;
    llvm::json::Array events;
    // Of the events of a step, the first one stands for its work.
    llvm::StringSet<> counted;
    if (auto paths = function->getAttrOfType<ArrayAttr>("lathe.events"))
      for (Attribute attr : paths) {
        StringRef path = cast<StringAttr>(attr).getValue();
        const llvm::StringMap<Step> &own = steps[name.getValue()];
        auto found = own.find(path);
        Step step = found == own.end() ? Step{"", "", "0"} : found->second;
        bool isFirst = counted.insert(path).second;
        events.push_back(
            llvm::json::Object{{"name", path},
                               {"op", step.op},
                               {"shape", step.shape},
                               {"flops", isFirst ? step.flops : "0"}});
      }
    entry["events"] = std::move(events);
  }
}

void DescriptorBuilder::addText(const llvm::json::Object &text) {
  model["text"] = llvm::json::Object(text);
}

SmallVector<std::string> DescriptorBuilder::getEntryNames() const {
  SmallVector<std::string> names;
  for (const auto &[name, entry] : entries)
    names.push_back(name.str());
  return names;
}

SmallVector<WeightOp> mlir::lathe::getProgramWeights(ModuleOp module) {
  SmallVector<WeightOp> weights;
  for (auto weight : module.getOps<WeightOp>())
    if (weight->hasAttr("lathe.offset"))
      weights.push_back(weight);
  return weights;
}

/// The states' places in the block that each instance owns.
static llvm::json::Object statesToJson(ModuleOp module) {
  llvm::json::Array tensors;
  for (auto state : module.getOps<StateOp>()) {
    auto offset = state->getAttrOfType<IntegerAttr>("lathe.offset");
    auto type = cast<RankedTensorType>(state.getType());
    if (!offset || !type.hasStaticShape())
      continue;
    llvm::json::Object tensor = tensorToJson(state.getSymName(), type);
    tensor["offset"] = offset.getInt();
    tensor["bytes"] =
        type.getNumElements() * getElementBytes(type.getElementType());
    tensors.push_back(std::move(tensor));
  }
  auto bytes = module->getAttrOfType<IntegerAttr>("lathe.state_bytes");
  return llvm::json::Object{{"bytes", bytes ? bytes.getInt() : 0},
                            {"tensors", std::move(tensors)}};
}

std::string DescriptorBuilder::str(ModuleOp module, StringRef target,
                                   ArrayRef<std::string> extensions,
                                   bool optimised,
                                   StringRef weightsFile) const {
  llvm::json::Object descriptor = model;
  descriptor["target"] = target;
  descriptor["processor"] = llvm::json::Array(extensions);
  descriptor["optimised"] = optimised;
  descriptor["parameters"] = parameters;
  llvm::json::Array entryArray;
  for (const auto &[name, entry] : entries)
    entryArray.push_back(llvm::json::Object(entry));
  descriptor["entries"] = std::move(entryArray);
  descriptor["state"] = statesToJson(module);
  llvm::json::Array tensors;
  WeightsLayout layout = getWeightsLayout(module);
  for (const auto &tensor : layout.tensors)
    tensors.push_back(
        llvm::json::Object{{"name", tensor.name},
                           {"type", latheTypeName(tensor.type)},
                           {"shape", llvm::json::Array(tensor.shape)},
                           {"offset", static_cast<int64_t>(tensor.offset)},
                           {"bytes", static_cast<int64_t>(tensor.bytes)}});
  descriptor["weights"] =
      llvm::json::Object{{"file", weightsFile},
                         {"bytes", static_cast<int64_t>(layout.bytes)},
                         {"layout", layout.hash},
                         {"tensors", std::move(tensors)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(descriptor));
  return text;
}
