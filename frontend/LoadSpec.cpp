//===- LoadSpec.cpp - From a spec to a module of the dialect --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/LoadSpec.h"
#include "frontend/GraphBuilder.h"
#include "frontend/TensorText.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
class ModelBuilder {
public:
  ModelBuilder(const Spec &spec, ModelScope &scope, const DiagnosticSink &sink)
      : spec(spec), scope(scope), sink(sink), builder(spec.place.getContext()),
        module(ModuleOp::create(spec.place)), weights(*module),
        weightType(builder.getF32Type()) {}

  OwningOpRef<ModuleOp> build() {
    setAttributes();
    setPrecision();
    declareStates();
    for (const EntryParts &entry : spec.entries)
      buildEntry(entry);
    if (!sink.hasErrors())
      weights.rename(spec, scope);
    if (sink.hasErrors() || failed(verify(*module)) || sink.hasErrors())
      return nullptr;
    return std::move(module);
  }

private:
  void setAttributes();
  void setPrecision();
  void declareStates();
  void buildEntry(const EntryParts &entry);
  bool addInputs(const EntryParts &entry, Frame &frame, Block &body,
                 SmallVector<DictionaryAttr> &attributes);
  void addOutputs(const EntryParts &entry, GraphBuilder &graph, Frame &frame,
                  SmallVector<Value> &values,
                  SmallVector<DictionaryAttr> &attributes);
  DictionaryAttr makeNameAttribute(StringRef name) {
    return builder.getDictionaryAttr(
        builder.getNamedAttr("lathe.name", builder.getStringAttr(name)));
  }
  DictionaryAttr evaluateSpecialize(const YamlNode &node);
  Attribute evaluateSpecialSize(const YamlNode &node, StringRef dim);

  const Spec &spec;
  ModelScope &scope;
  const DiagnosticSink &sink;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  Weights weights;
  Type weightType;
  int64_t stepBudget = mostSteps;
};
} // namespace

void ModelBuilder::setAttributes() {
  SmallVector<NamedAttribute> dims;
  SmallVector<StringRef> order;
  for (const auto &[name, bounds] : scope.getBounds()) {
    dims.push_back(builder.getNamedAttr(
        name, builder.getDenseI64ArrayAttr({bounds.first, bounds.second})));
    order.push_back(name);
  }
  ModuleOp op = *module;
  op->setAttr("lathe.model", builder.getStringAttr(spec.model));
  op->setAttr("lathe.summary", builder.getStringAttr(spec.summary));
  op->setAttr("lathe.dims", builder.getDictionaryAttr(dims));
  op->setAttr("lathe.dim_order", builder.getStrArrayAttr(order));
}

void ModelBuilder::setPrecision() {
  if (!spec.precision)
    return;
  static constexpr StringRef computeTypes[] = {"f32", "f64", "f16", "bf16"};
  static constexpr StringRef weightTypes[] = {"f32",  "f64",  "f16",
                                              "bf16", "int8", "int4"};
  SmallVector<NamedAttribute> attributes;
  for (const YamlNode::Entry &entry : spec.precision->entries) {
    bool isCompute = entry.key == "compute";
    if (!isCompute && entry.key != "weights")
      continue;
    ArrayRef<StringRef> known = isCompute ? ArrayRef<StringRef>(computeTypes)
                                          : ArrayRef<StringRef>(weightTypes);
    Datum value = evaluateNode(*entry.value, scope, scope.getBudget());
    if (value.isUnknown())
      continue;
    if (!value.isString() || !llvm::is_contained(known, value.string())) {
      InFlightDiagnostic diagnostic = emitError(entry.value->place);
      diagnostic << "'" << entry.key << "' must be one of ";
      llvm::interleaveComma(known, diagnostic);
      diagnostic << ", not " << value.describe() << suggest(value.str(), known);
      continue;
    }
    attributes.push_back(
        builder.getNamedAttr(entry.key, builder.getStringAttr(value.string())));
    if (isCompute)
      weightType = getElementType(value.string(), builder.getContext());
  }
  module.get()->setAttr("lathe.precision",
                        builder.getDictionaryAttr(attributes));
}

void ModelBuilder::declareStates() {
  builder.setInsertionPointToEnd(module->getBody());
  for (const auto &[name, definition] : spec.state)
    if (RankedTensorType type = evaluateTensorType(*definition.value, scope))
      StateOp::create(builder, definition.place, name, type);
}

void ModelBuilder::buildEntry(const EntryParts &entry) {
  if (!entry.inputs || !entry.graph || !entry.outputs)
    return;
  weights.startEntry();
  builder.setInsertionPointToEnd(module->getBody());
  auto function = func::FuncOp::create(builder, entry.place, entry.name,
                                       builder.getFunctionType({}, {}));
  Block &body = *function.addEntryBlock();
  builder.setInsertionPointToStart(&body);
  StepResults results;
  Frame frame(scope, results);
  SmallVector<DictionaryAttr> inputAttributes, outputAttributes;
  bool hasInputs = addInputs(entry, frame, body, inputAttributes);
  GraphBuilder graph(spec, sink, builder, weights, weightType, stepBudget);
  graph.runSteps(*entry.graph, frame);
  SmallVector<Value> outputs;
  addOutputs(entry, graph, frame, outputs, outputAttributes);
  func::ReturnOp::create(builder, entry.outputs->place, outputs);
  if (!hasInputs)
    return;
  function.setFunctionType(builder.getFunctionType(
      body.getArgumentTypes(), ValueRange(outputs).getTypes()));
  function.setAllArgAttrs(inputAttributes);
  function.setAllResultAttrs(outputAttributes);
  if (entry.specialize)
    function->setAttr("lathe.specialize",
                      evaluateSpecialize(*entry.specialize));
}

bool ModelBuilder::addInputs(const EntryParts &entry, Frame &frame, Block &body,
                             SmallVector<DictionaryAttr> &attributes) {
  if (!entry.inputs->isMapping() || entry.inputs->entries.empty()) {
    emitError(entry.inputs->place) << "'inputs' must be a mapping such as "
                                      "{image: \"f32[batch, 10]\"}, not "
                                   << entry.inputs->describe();
    frame.current = Datum::unknown();
    return false;
  }
  bool isGood = true;
  for (const YamlNode::Entry &input : entry.inputs->entries) {
    if (!isIdentifier(input.key))
      emitError(input.keyPlace)
          << "an input is named by letters, digits and '_', not '" << input.key
          << "'";
    RankedTensorType type = evaluateTensorType(*input.value, scope);
    Datum value = Datum::unknown();
    if (type)
      value = Datum::of(Value(
          body.addArgument(type, NameLoc::get(builder.getStringAttr(input.key),
                                              input.keyPlace))));
    isGood &= static_cast<bool>(type);
    frame.inputs.push_back(value);
    frame.variables.insert_or_assign(input.key, value);
    attributes.push_back(makeNameAttribute(input.key));
  }
  frame.current =
      frame.inputs.size() == 1 ? frame.inputs.front() : Datum::of(frame.inputs);
  return isGood;
}

void ModelBuilder::addOutputs(const EntryParts &entry, GraphBuilder &graph,
                              Frame &frame, SmallVector<Value> &values,
                              SmallVector<DictionaryAttr> &attributes) {
  const YamlNode &node = *entry.outputs;
  llvm::StringSet<> names;
  auto addOutput = [&](StringRef name, Location place, const YamlNode &value) {
    if (!names.insert(name).second)
      emitError(place) << "two outputs are called '" << name << "'";
    Datum::List tensors;
    graph.resolve(value, frame, tensors);
    if (tensors.size() != 1)
      emitError(place) << "the output '" << name << "' is one tensor, got "
                       << tensors.size();
    else if (tensors.front().isTensor())
      values.push_back(tensors.front().tensor());
    attributes.push_back(makeNameAttribute(name));
  };
  if (node.isMapping() && !node.entries.empty()) {
    for (const YamlNode::Entry &output : node.entries)
      addOutput(output.key, output.keyPlace, *output.value);
  } else if (node.isSequence() && !node.items.empty()) {
    for (const YamlNode *output : node.items) {
      std::optional<StringRef> name = getText(*output, "an output");
      if (name && name->contains("${"))
        emitError(output->place)
            << "an expression needs a name here: 'outputs: "
               "{name: \""
            << *name << "\"}'";
      else if (name)
        addOutput(*name, output->place, *output);
    }
  } else {
    emitError(node.place)
        << "'outputs' must be a list of steps, or a mapping of "
           "names to steps, not "
        << (node.isNull() ? "nothing" : "an empty one or text");
  }
}

DictionaryAttr ModelBuilder::evaluateSpecialize(const YamlNode &node) {
  SmallVector<NamedAttribute> dims;
  if (!node.isMapping())
    emitError(node.place)
        << "'specialize' must be a mapping such as {tokens: [1, "
           "any]}, not "
        << node.describe();
  for (const YamlNode::Entry &dim : node.entries) {
    if (!spec.dims.contains(dim.key)) {
      emitError(dim.keyPlace)
          << "the spec has no dimension '" << dim.key << "'"
          << suggest(dim.key, llvm::make_first_range(spec.dims));
      continue;
    }
    SmallVector<Attribute> sizes;
    if (!dim.value->isSequence())
      emitError(dim.value->place)
          << "expected a list of sizes, such as [1, any], got "
          << dim.value->describe();
    for (const YamlNode *size : dim.value->items)
      if (Attribute attribute = evaluateSpecialSize(*size, dim.key))
        sizes.push_back(attribute);
    dims.push_back(builder.getNamedAttr(dim.key, builder.getArrayAttr(sizes)));
  }
  return builder.getDictionaryAttr(dims);
}

Attribute ModelBuilder::evaluateSpecialSize(const YamlNode &node,
                                            StringRef dim) {
  if (node.text == "any")
    return builder.getStringAttr("any");
  std::optional<int64_t> size =
      evaluateInteger(node, "a size", scope, scope.getBudget());
  if (!size)
    return {};
  auto [least, most] = *scope.boundsOf(dim);
  if (*size >= least && *size <= most)
    return builder.getI64IntegerAttr(*size);
  emitError(node.place) << "'" << dim << "' is " << least << " to " << most
                        << ", never " << *size;
  return {};
}

OwningOpRef<ModuleOp> lathe::frontend::loadSpec(StringRef path,
                                                const LoadOptions &options,
                                                MLIRContext &context,
                                                DiagnosticSink &sink) {
  context.loadDialect<LatheDialect, func::FuncDialect>();
  std::unique_ptr<Spec> spec = readSpec(path, &context);
  if (!spec)
    return nullptr;
  Budget budget;
  ModelScope scope(*spec, budget);
  scope.apply(options.settings);
  scope.evaluateAll();
  return ModelBuilder(*spec, scope, sink).build();
}
