//===- JsonSchemaGen.cpp - The JSON Schema of spec files ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A schema for editors: completion, documentation on hover, and the mistakes
// that can be seen without evaluating anything. The front end checks the rest.
//
//===----------------------------------------------------------------------===//

#include "tools/lathe-tblgen/OpRecord.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

using namespace lathe::tblgen;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

static Object reference(StringRef name) {
  return Object{{"$ref", ("#/$defs/" + name).str()}};
}

static Object described(Object schema, StringRef description) {
  schema["description"] = description.str();
  return schema;
}

static Object mapOf(Object values) {
  return Object{{"type", "object"},
                {"additionalProperties", std::move(values)}};
}

static Object listOf(Object items) {
  return Object{{"type", "array"}, {"items", std::move(items)}};
}

static Object closed(Object properties) {
  return Object{{"type", "object"},
                {"properties", std::move(properties)},
                {"additionalProperties", false}};
}

static Object keySchema(const KeyRecord &key) {
  if (!key.cases)
    return described(reference(key.type), key.description);
  Array cases;
  for (const mlir::tblgen::EnumCase &enumCase : key.cases->getAllCases())
    cases.push_back(enumCase.getStr().str());
  return described(Object{{"anyOf", Array{Object{{"enum", std::move(cases)}},
                                          reference("template")}}},
                   key.description);
}

/// `if` the step has this op, `then` it has these keys.
static Object opSchema(const OpRecord &op, StringRef name,
                       const AliasRecord *alias) {
  Object properties{{"op", described(Object{}, op.summary)}};
  Array required;
  for (const KeyRecord &key : op.keys) {
    if (alias &&
        llvm::is_contained(llvm::make_first_range(alias->settled), key.name))
      continue;
    properties[key.name] = keySchema(key);
    if (key.isRequired())
      required.push_back(key.name.str());
  }
  for (const OperandRecord &operand : op.operands)
    if (!properties.get(operand.name))
      properties[operand.name] =
          described(reference("values"), operand.description);
  if (op.takesEpilogue) {
    properties["norm"] = reference("norm");
    properties["act"] = reference("act");
  }
  Object then{{"properties", std::move(properties)}};
  if (!required.empty())
    then["required"] = std::move(required);
  return Object{{"if", Object{{"properties",
                               Object{{"op", Object{{"const", name.str()}}}}},
                              {"required", Array{"op"}}}},
                {"then", std::move(then)}};
}

static Object stepSchema(const std::vector<OpRecord> &ops) {
  Array names{"read_state", "write_state"}, cases;
  for (const OpRecord &op : ops) {
    names.push_back(op.name);
    cases.push_back(opSchema(op, op.name, nullptr));
    for (const AliasRecord &alias : op.aliases) {
      names.push_back(alias.name.str());
      cases.push_back(opSchema(op, alias.name, &alias));
    }
  }
  cases.push_back(Object{
      {"if", Object{{"properties",
                     Object{{"op", Object{{"enum", Array{"read_state",
                                                         "write_state"}}}}}},
                    {"required", Array{"op"}}}},
      {"then",
       Object{{"properties", Object{{"state", Object{{"type", "string"}}}}},
              {"required", Array{"state"}}}}});
  Object properties{
      {"id", described(Object{{"type", "string"}},
                       "Names the result, and the parameters below it.")},
      {"op", Object{{"enum", std::move(names)}}},
      {"block",
       described(Object{{"type", "string"}}, "A block to expand here.")},
      {"from",
       described(
           reference("values"),
           "What the step takes; by default the result of the step before.")},
      {"with",
       described(Object{},
                 "The parameters of a block, or further operands of an op.")},
      {"if", described(reference("bool"), "Whether the step is there.")},
      {"repeat",
       described(reference("int"), "How many times the step stands in a row.")},
      {"per", reference("per")},
      {"weights_of",
       described(Object{{"type", "string"}},
                 "Another step whose parameters this one shares.")}};
  return Object{{"type", "object"},
                {"properties", std::move(properties)},
                {"oneOf", Array{Object{{"required", Array{"op"}}},
                                Object{{"required", Array{"block"}}}}},
                {"allOf", std::move(cases)},
                {"unevaluatedProperties", false}};
}

/// Types of keys; wherever a number stands an expression may.
static void addValueTypes(Object &definitions) {
  auto orText = [](Object type) {
    return Object{
        {"anyOf", Array{std::move(type), Object{{"type", "string"}}}}};
  };
  definitions["template"] = Object{{"type", "string"}, {"pattern", "\\$\\{"}};
  definitions["int"] = orText(Object{{"type", "integer"}});
  definitions["float"] = orText(Object{{"type", "number"}});
  definitions["bool"] = orText(Object{{"type", "boolean"}});
  definitions["string"] = Object{{"type", "string"}};
  definitions["ints"] = orText(listOf(reference("int")));
  definitions["pairs"] =
      orText(listOf(orText(Object{{"type", "array"},
                                  {"items", reference("int")},
                                  {"minItems", 2},
                                  {"maxItems", 2}})));
  definitions["shape"] = orText(listOf(reference("int")));
  definitions["floats"] = orText(listOf(reference("float")));
  for (StringRef name : {"pair", "padding"})
    definitions[name] =
        Object{{"anyOf", Array{reference("int"), listOf(reference("int"))}}};
  definitions["values"] =
      Object{{"anyOf", Array{Object{{"type", "string"}},
                             listOf(Object{{"type", "string"}})}}};
  definitions["norm"] = described(
      Object{{"anyOf",
              Array{Object{{"enum", Array{"batch", "layer", "rms", "group"}}},
                    reference("template"), Object{{"type", "null"}},
                    Object{{"type", "object"}, {"required", Array{"kind"}}}}}},
      "A norm of the result; its parameters are at <id>.norm.");
  definitions["act"] = described(
      Object{{"anyOf",
              Array{Object{{"type", Array{"string", "null"}}},
                    Object{{"type", "object"}, {"required", Array{"kind"}}}}}},
      "An activation of the result, after the norm.");
}

/// One of the names, or an expression.
static Object choiceOf(Array names) {
  return Object{{"anyOf", Array{Object{{"enum", std::move(names)}},
                                reference("template")}}};
}

/// What inputs and outputs may stand for.
static void addRoles(Object &definitions) {
  Object perChannel{{"anyOf", Array{reference("float"), reference("floats")}}};
  Object image =
      closed(Object{{"from", choiceOf(Array{"rgb8", "gray8"})},
                    {"mean", Object(perChannel)},
                    {"std", Object(perChannel)},
                    {"resize", choiceOf(Array{"stretch", "crop", "none"})}});
  image["required"] = Array{"from"};
  definitions["image"] = described(
      std::move(image), "How the pixels of an image file become the input.");
  definitions["labels"] = described(
      Object{{"anyOf",
              Array{Object{{"type", "string"}},
                    listOf(Object{{"type", Array{"string", "number"}}})}}},
      "The names of the classes, or a file that has one a line.");
  definitions["scores"] =
      described(choiceOf(Array{"softmax", "sigmoid", "none"}),
                "What makes probabilities of the scores.");
  Object detections = closed(Object{{"scores", Object{{"type", "string"}}},
                                    {"classes", Object{{"type", "string"}}},
                                    {"image", Object{{"type", "string"}}},
                                    {"labels", reference("labels")},
                                    {"scores_are", reference("scores")},
                                    {"threshold", reference("float")},
                                    {"most", reference("int")},
                                    {"nms", reference("float")}});
  detections["required"] = Array{"scores"};
  definitions["detections"] = described(
      std::move(detections), "The output holds boxes, x1, y1, x2, y2.");
}

static void addParts(Object &definitions) {
  definitions["tensor"] = Object{
      {"type", "string"},
      {"pattern", "^(f64|f32|f16|bf16|i64|i32|i16|i8|u8|bool)(\\[.*\\])?$"}};
  definitions["graph"] = listOf(reference("step"));
  Object per = closed(Object{{"by", Object{{"type", "string"}}},
                             {"count", reference("int")},
                             {"stacked", reference("bool")}});
  per["required"] = Array{"by", "count"};
  definitions["per"] =
      described(std::move(per), "Parameters of which an input chooses a set.");
  definitions["block"] = closed(Object{
      {"with",
       Object{{"type", "object"},
              {"description", "Parameters; an empty one must be given."}}},
      {"graph", reference("graph")},
      {"outputs", listOf(Object{{"type", "string"}})},
      {"summary", Object{{"type", "string"}}}});
  Object output = closed(Object{{"from", reference("values")},
                                {"repeat", reference("int")},
                                {"labels", reference("labels")},
                                {"top", reference("int")},
                                {"scores", reference("scores")},
                                {"detections", reference("detections")}});
  output["required"] = Array{"from"};
  definitions["outputs"] = Object{
      {"anyOf", Array{listOf(Object{{"type", "string"}}),
                      mapOf(Object{{"anyOf", Array{Object{{"type", "string"}},
                                                   std::move(output)}}})}}};
  Object input = closed(Object{{"type", reference("tensor")},
                               {"range", listOf(reference("int"))},
                               {"repeat", reference("int")},
                               {"image", reference("image")}});
  input["required"] = Array{"type"};
  definitions["input"] =
      Object{{"anyOf", Array{reference("tensor"), std::move(input)}}};
  definitions["specialize"] = mapOf(listOf(
      Object{{"anyOf", Array{reference("int"), Object{{"const", "any"}}}}}));
  definitions["entry"] =
      closed(Object{{"summary", Object{{"type", "string"}}},
                    {"inputs", mapOf(reference("input"))},
                    {"graph", reference("graph")},
                    {"outputs", reference("outputs")},
                    {"specialize", reference("specialize")}});
}

static Object textSchema() {
  return closed(Object{{"tokenizer", reference("string")},
                       {"offset", reference("int")},
                       {"prefill", reference("string")},
                       {"decode", reference("string")},
                       {"start", reference("ints")},
                       {"end", reference("ints")},
                       {"template", reference("string")}});
}

void lathe::tblgen::emitJsonSchema(const std::vector<OpRecord> &ops,
                                   llvm::raw_ostream &os) {
  Object definitions;
  addValueTypes(definitions);
  addRoles(definitions);
  addParts(definitions);
  definitions["step"] = stepSchema(ops);
  Object dim = closed(Object{{"min", reference("int")},
                             {"max", reference("int")},
                             {"from", Object{{"type", "string"}}},
                             {"values", reference("ints")},
                             {"repeat", reference("int")}});
  Object storage = choiceOf(Array{"f32", "f64", "f16", "bf16", "int8", "int4"});
  Object properties{
      {"lathe",
       described(Object{{"const", 1}}, "The version of the spec language.")},
      {"model", described(Object{{"type", "string"}},
                          "The model's name, an identifier.")},
      {"summary", Object{{"type", "string"}}},
      {"include", Object{{"anyOf", Array{Object{{"type", "string"}},
                                         listOf(Object{{"type", "string"}})}}}},
      {"dims", described(mapOf(std::move(dim)),
                         "Dynamic dimensions and their bounds.")},
      {"let", described(Object{{"type", "object"}},
                        "Named values; --set overrides them.")},
      {"inputs", mapOf(reference("input"))},
      {"state", described(mapOf(reference("tensor")),
                          "Buffers that live across calls.")},
      {"blocks", mapOf(reference("block"))},
      {"graph", reference("graph")},
      {"outputs", reference("outputs")},
      {"entries", mapOf(reference("entry"))},
      {"specialize", reference("specialize")},
      {"precision",
       closed(Object{{"compute", choiceOf(Array{"f32", "f64", "f16", "bf16"})},
                     {"weights", Object{{"anyOf", Array{Object(storage),
                                                        mapOf(storage)}}}},
                     {"activations", choiceOf(Array{"f32", "bf16", "int8"})},
                     {"group", choiceOf(Array{32, 64, 128})},
                     {"zero_point", reference("bool")},
                     {"scales", choiceOf(Array{"extremes", "least_error"})}})},
      {"weights",
       closed(Object{{"rename", mapOf(Object{{"type", "string"}})},
                     {"ignore", listOf(Object{{"type", "string"}})}})},
      {"text", described(textSchema(), "How the entries write text.")}};
  Object schema = closed(std::move(properties));
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Lathe model spec";
  schema["required"] = Array{"lathe"};
  schema["$defs"] = std::move(definitions);
  os << llvm::formatv("{0:2}", Value(std::move(schema))) << "\n";
}
