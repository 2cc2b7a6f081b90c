//===- LoadSpec.cpp - From a spec to a module of the dialect --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/LoadSpec.h"
#include "frontend/EntryTensors.h"
#include "frontend/GraphBuilder.h"
#include "frontend/Precision.h"
#include "frontend/TensorRoles.h"
#include "frontend/TensorText.h"
#include "frontend/TextSection.h"
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
    if (spec.precision)
      setPrecision(*spec.precision, *module, scope);
    weightType = getComputeType(*module);
    declareStates();
    for (const EntryParts &entry : spec.entries)
      buildEntry(entry);
    if (!sink.hasErrors())
      weights.rename(spec, scope);
    if (!sink.hasErrors() && spec.text)
      setText(*spec.text, spec, *module, scope);
    if (sink.hasErrors() || failed(verify(*module)) || sink.hasErrors())
      return nullptr;
    return std::move(module);
  }

private:
  void setAttributes();
  void declareStates();
  void buildEntry(const EntryParts &entry);
  bool addInputs(const EntryParts &entry, Frame &frame, Block &body,
                 SmallVector<DictionaryAttr> &attributes);
  Datum addInput(const EntryTensor &input, Block &body,
                 SmallVector<DictionaryAttr> &attributes);
  void checkSources(Block &body, MutableArrayRef<DictionaryAttr> attributes);
  void requireSources(const EntryParts &entry, func::FuncOp function);
  void addOutput(StringRef name, Location place, const YamlNode *value,
                 GraphBuilder &graph, Frame &frame, SmallVector<Value> &values,
                 SmallVector<DictionaryAttr> &attributes);
  void addOutputs(const EntryParts &entry, GraphBuilder &graph, Frame &frame,
                  ArrayRef<DictionaryAttr> inputAttributes,
                  SmallVector<Value> &values,
                  SmallVector<DictionaryAttr> &attributes);
  void addOutputRoles(ArrayRef<EntryTensor> outputs, Frame &frame,
                      ArrayRef<DictionaryAttr> inputAttributes,
                      ArrayRef<Value> values,
                      MutableArrayRef<DictionaryAttr> attributes);
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
  SmallVector<NamedAttribute> dims, limits, sources;
  SmallVector<StringRef> order;
  for (const auto &[name, dim] : scope.getDims()) {
    dims.push_back(builder.getNamedAttr(
        name,
        builder.getDenseI64ArrayAttr({dim.bounds.first, dim.bounds.second})));
    order.push_back(name);
    if (dim.limit)
      limits.push_back(
          builder.getNamedAttr(name, builder.getStringAttr(dim.limit->str())));
    if (dim.input.empty())
      continue;
    NamedAttrList source;
    source.append("input", builder.getStringAttr(dim.input));
    if (!dim.values.empty())
      source.append("values", builder.getDenseI64ArrayAttr(dim.values));
    sources.push_back(
        builder.getNamedAttr(name, source.getDictionary(builder.getContext())));
  }
  ModuleOp op = *module;
  op->setAttr("lathe.model", builder.getStringAttr(spec.model));
  op->setAttr("lathe.summary", builder.getStringAttr(spec.summary));
  op->setAttr("lathe.dims", builder.getDictionaryAttr(dims));
  op->setAttr("lathe.dim_order", builder.getStrArrayAttr(order));
  if (!limits.empty())
    op->setAttr("lathe.dim_limits", builder.getDictionaryAttr(limits));
  if (!sources.empty())
    op->setAttr("lathe.dim_sources", builder.getDictionaryAttr(sources));
}

void ModelBuilder::declareStates() {
  builder.setInsertionPointToEnd(module->getBody());
  for (const auto &[name, definition] : spec.state)
    if (RankedTensorType type =
            evaluateTensorType(*definition.value, scope, scope.getBudget()))
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
  addOutputs(entry, graph, frame, inputAttributes, outputs, outputAttributes);
  func::ReturnOp::create(builder, entry.outputs->place, outputs);
  if (!hasInputs)
    return;
  function.setFunctionType(builder.getFunctionType(
      body.getArgumentTypes(), ValueRange(outputs).getTypes()));
  function.setAllArgAttrs(inputAttributes);
  function.setAllResultAttrs(outputAttributes);
  requireSources(entry, function);
  if (!sink.hasErrors())
    graph.warnOfUnusedSteps();
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
  for (const EntryTensor &input : readEntryTensors(
           *entry.inputs, "an input", "type", {"range", "image"}, scope)) {
    Datum value = addInput(input, body, attributes);
    isGood &= !value.isUnknown();
    frame.inputs.push_back(value);
    frame.variables.insert_or_assign(input.name, value);
    if (input.number) {
      Datum::List family;
      if (*input.number > 0)
        family = frame.variables.find(input.family)->second.list();
      family.push_back(value);
      frame.variables.insert_or_assign(input.family,
                                       Datum::of(std::move(family)));
    }
  }
  checkSources(body, attributes);
  frame.current =
      frame.inputs.size() == 1 ? frame.inputs.front() : Datum::of(frame.inputs);
  return isGood;
}

/// The argument of one input; unknown after a mistake.
Datum ModelBuilder::addInput(const EntryTensor &input, Block &body,
                             SmallVector<DictionaryAttr> &attributes) {
  std::optional<InnerScope> numbered;
  if (input.number)
    numbered.emplace(scope, "i", Datum::of(*input.number));
  Scope &inner = numbered ? static_cast<Scope &>(*numbered) : scope;
  NamedAttrList attribute(makeNameAttribute(input.name));
  RankedTensorType type;
  if (input.content)
    type = evaluateTensorType(*input.content, inner, scope.getBudget());
  if (type && input.range)
    if (auto range =
            evaluateRange(*input.range, type, inner, scope.getBudget()))
      attribute.append("lathe.range",
                       builder.getStrArrayAttr({range->first, range->second}));
  if (const YamlNode *image = input.find("image"); image && type)
    if (DictionaryAttr role =
            evaluateImage(*image, type, inner, scope.getBudget()))
      attribute.append("lathe.image", role);
  attributes.push_back(attribute.getDictionary(builder.getContext()));
  if (!type)
    return Datum::unknown();
  return Datum::of(Value(body.addArgument(
      type, NameLoc::get(builder.getStringAttr(input.name), input.place))));
}

/// Checks that inputs which dimensions take their values from can be these,
/// and gives them the ranges that follow.
void ModelBuilder::checkSources(Block &body,
                                MutableArrayRef<DictionaryAttr> attributes) {
  llvm::StringMap<ArrayAttr> ranges;
  for (const auto &[name, dim] : scope.getDims()) {
    if (dim.input.empty())
      continue;
    for (auto [argument, attribute] :
         llvm::zip(body.getArguments(), attributes)) {
      if (attribute.getAs<StringAttr>("lathe.name") != dim.input)
        continue;
      auto type = cast<RankedTensorType>(argument.getType());
      if (type.getRank() != 0 || !(type.getElementType().isInteger(32) ||
                                   type.getElementType().isInteger(64))) {
        emitError(argument.getLoc())
                .append("'", dim.input, "' gives the dimension '", name,
                        "' its value, and so must be i32[] or i64[], not ",
                        formatShape(type), " of ",
                        getElementName(type.getElementType()))
                .attachNote(dim.place)
            << "the dimension is here";
        continue;
      }
      DimExpr least = dim.values.empty() ? DimExpr(dim.bounds.first) : 0;
      DimExpr most = !dim.values.empty()
                         ? DimExpr(int64_t(dim.values.size()) - 1)
                         : dim.limit.value_or(dim.bounds.second);
      ArrayAttr range = builder.getStrArrayAttr({least.str(), most.str()});
      auto given = attribute.getAs<ArrayAttr>("lathe.range");
      if (given && given != range) {
        InFlightDiagnostic diagnostic = emitError(argument.getLoc());
        diagnostic << "'" << dim.input << "' is " << least.str() << " to "
                   << most.str() << " for the dimension '" << name
                   << "', but has another range too";
        diagnostic.attachNote(dim.place) << "the dimension is here";
        continue;
      }
      NamedAttrList extended(attribute);
      extended.set("lathe.range", range);
      attribute = extended.getDictionary(builder.getContext());
    }
  }
}

/// Reports dimensions whose values come from an input that the entry lacks.
void ModelBuilder::requireSources(const EntryParts &entry,
                                  func::FuncOp function) {
  llvm::StringSet<> used, inputs;
  auto note = [&](Value value) {
    for (const DimExpr &size : getShape(value))
      size.forEachName([&](StringRef name) { used.insert(name); });
  };
  llvm::for_each(function.getArguments(), note);
  function.walk([&](Operation *op) { llvm::for_each(op->getResults(), note); });
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    inputs.insert(
        function.getArgAttrOfType<StringAttr>(i, "lathe.name").getValue());
  for (const auto &[name, dim] : scope.getDims()) {
    if (dim.input.empty() || !used.contains(name) || inputs.contains(dim.input))
      continue;
    InFlightDiagnostic diagnostic = emitError(entry.place);
    diagnostic << "'" << entry.name << "' has sizes of '" << name
               << "' but no input '" << dim.input
               << "', which gives its value: add '" << dim.input
               << ": \"i32[]\"' to its inputs";
    diagnostic.attachNote(dim.place) << "the dimension is here";
  }
}

void ModelBuilder::addOutput(StringRef name, Location place,
                             const YamlNode *value, GraphBuilder &graph,
                             Frame &frame, SmallVector<Value> &values,
                             SmallVector<DictionaryAttr> &attributes) {
  Datum::List tensors;
  if (value) {
    graph.resolve(*value, frame, tensors);
    if (tensors.size() != 1)
      emitError(place) << "the output '" << name << "' is one tensor, got "
                       << tensors.size();
    else if (tensors.front().isTensor())
      values.push_back(tensors.front().tensor());
  }
  attributes.push_back(makeNameAttribute(name));
}

/// Says of outputs, all of which are there, what they stand for.
void ModelBuilder::addOutputRoles(ArrayRef<EntryTensor> outputs, Frame &frame,
                                  ArrayRef<DictionaryAttr> inputAttributes,
                                  ArrayRef<Value> values,
                                  MutableArrayRef<DictionaryAttr> attributes) {
  EntryEdges edges;
  for (DictionaryAttr input : inputAttributes)
    if (input.contains("lathe.image"))
      edges.images.push_back(input.getAs<StringAttr>("lathe.name").getValue());
  for (auto [output, value] : llvm::zip(outputs, values))
    edges.outputs.push_back(
        {output.name, cast<RankedTensorType>(value.getType())});
  for (auto [i, output] : llvm::enumerate(outputs)) {
    if (output.number)
      frame.variables.insert_or_assign("i", Datum::of(*output.number));
    NamedAttrList attribute(attributes[i]);
    addOutputRole(output, i, edges, frame, scope.getBudget(), attribute);
    attributes[i] = attribute.getDictionary(builder.getContext());
    frame.variables.erase("i");
  }
}

void ModelBuilder::addOutputs(const EntryParts &entry, GraphBuilder &graph,
                              Frame &frame,
                              ArrayRef<DictionaryAttr> inputAttributes,
                              SmallVector<Value> &values,
                              SmallVector<DictionaryAttr> &attributes) {
  const YamlNode &node = *entry.outputs;
  if (node.isMapping() && !node.entries.empty()) {
    std::vector<EntryTensor> outputs =
        readEntryTensors(node, "an output", "from", getOutputRoleKeys(), scope);
    for (const EntryTensor &output : outputs) {
      if (output.number)
        frame.variables.insert_or_assign("i", Datum::of(*output.number));
      addOutput(output.name, output.place, output.content, graph, frame, values,
                attributes);
      frame.variables.erase("i");
    }
    // After a mistake, what the outputs are is not known.
    if (values.size() == outputs.size())
      addOutputRoles(outputs, frame, inputAttributes, values, attributes);
    return;
  }
  if (!node.isSequence() || node.items.empty()) {
    emitError(node.place)
        << "'outputs' must be a list of steps, or a mapping of "
           "names to steps, not "
        << (node.isNull() ? "nothing" : "an empty one or text");
    return;
  }
  llvm::StringSet<> names;
  for (const YamlNode *output : node.items) {
    std::optional<StringRef> name = getText(*output, "an output");
    if (!name)
      continue;
    if (name->contains("${")) {
      emitError(output->place) << "an expression needs a name here: 'outputs: "
                                  "{name: \""
                               << *name << "\"}'";
      continue;
    }
    if (!names.insert(*name).second)
      emitError(output->place) << "two outputs are called '" << *name << "'";
    addOutput(*name, output->place, output, graph, frame, values, attributes);
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
    if (!scope.getDims().contains(dim.key)) {
      emitError(dim.keyPlace)
          << "the spec has no dimension '" << dim.key << "'"
          << suggest(dim.key, llvm::make_first_range(scope.getDims()));
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
