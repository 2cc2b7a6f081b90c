//===- LatheBase.td - The dialect and the vocabulary of its ops -*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op is stated once, as a `Lathe_Op`: its operands, the keys that a spec
// gives, the parameters that it owns, its formula and source. From that come
// the C++ class (mlir-tblgen) and the YAML binding, the JSON Schema and the
// spec reference (lathe-tblgen).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_BASE_TD
#define LATHE_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialect/CostInterface.td"
include "dialect/MatrixInterface.td"

def Lathe_Dialect : Dialect {
  let name = "lathe";
  let cppNamespace = "::mlir::lathe";
  let summary = "Lean neural networks at the level of the papers that describe them";
  let description = [{
    Ops on ranked tensors, one for each building block of a published network
    and for the layers that everyone needs. Weights are symbols
    (`lathe.weight`) whose bytes stay in the checkpoint: no tensor of a
    checkpoint ever becomes an attribute.

    A dynamic dimension has a name, carried by the tensor type's encoding:
    `tensor<?x8x8xf32, #lathe.dims<"batch", "", "">>`. Its bounds are in the
    module's `lathe.dims` attribute.
  }];
  let useDefaultAttributePrinterParser = 1;
  // What a module says of its dimensions is read in many places, which trust it.
  let hasOperationAttrVerify = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = [{
  private:
    // One function a family of ops, each in the family's .cpp.
    void addModelOps();
    void addLayersOps();
    void addNormOps();
    void addActivationOps();
    void addPoolOps();
    void addElementwiseOps();
    void addReductionOps();
    void addRearrangementOps();
    void addSpectralOps();
    void addAttentionOps();
    void addStateOps();
    void addSequenceOps();
    void addSparsityOps();
    void addAdapterOps();
    void addRoutingOps();
    void addMatchingOps();
    void addMultigridOps();
    void addSlimOps();
    void addDetectionOps();
    void addLossOps();
    void addQuantizedOps();
  }];
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

class Lathe_Attr<string name, string mnemonicName, list<Trait> traits = []>
    : AttrDef<Lathe_Dialect, name, traits> {
  let mnemonic = mnemonicName;
}

def Lathe_DimsAttr
    : Lathe_Attr<"Dims", "dims",
                 [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "names of a tensor's dynamic dimensions";
  let description = [{
    One string a dimension: empty where the dimension is static, else an
    expression over the model's named dimensions in `DimExpr`'s canonical form,
    such as `batch`, `2*tokens + 1` or `batch*tokens`, or `?` for a size
    without a name beside named ones.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$names);
  let assemblyFormat = "`<` $names `>`";
}

/// Sizes as a spec writes them: integers, or names and expressions as strings.
def Lathe_ShapeAttr : TypedArrayAttrBase<AnyAttrOf<[I64Attr, StrAttr]>,
                                         "array of integers and symbolic sizes">;

/// Pairs of numbers: `[array<i64: 1, 0>, array<i64: 2, 0>]`.
def Lathe_PairsAttr : TypedArrayAttrBase<
    ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<2>]>, "array of pairs">;

/// An enumeration whose cases are numbered in the order of their names.
class Lathe_Enum<string name, string summary, list<string> cases>
    : I32EnumAttr<name, summary,
                  !foreach(i, !range(!size(cases)), I32EnumAttrCase<cases[i], i>)> {
  let cppNamespace = "::mlir::lathe";
  let genSpecializedAttr = 0;
}

def Lathe_Float : AnyTypeOf<[F16, BF16, F32, F64]>;
def Lathe_Integer : AnyTypeOf<[I1, I8, UI8, I16, I32, I64]>;
def Lathe_FloatTensor : RankedTensorOf<[F16, BF16, F32, F64]>;
def Lathe_IntegerTensor : RankedTensorOf<[I1, I8, UI8, I16, I32, I64]>;
def Lathe_Tensor : RankedTensorOf<[F16, BF16, F32, F64, I1, I8, UI8, I16, I32, I64]>;

//===----------------------------------------------------------------------===//
// What a spec says of an op
//===----------------------------------------------------------------------===//

/// An operand that a step takes from other steps.
class Operand<string operandName, Type constraint, string doc> {
  string name = operandName;
  Type type = constraint;
  string description = doc;
  /// How many steps may stand here: "one", "optional" or "variadic".
  string arity = "one";
}
class OptionalOperand<string name, Type type, string doc>
    : Operand<name, type, doc> { let arity = "optional"; }
class VariadicOperand<string name, Type type, string doc>
    : Operand<name, type, doc> { let arity = "variadic"; }

/// A key of a step. `default` is an expression of the spec language over the
/// keys before it and `in`; "" means that the key must be given. The key is
/// an attribute of the op of the same name unless `inIR` is 0.
class Key<string keyName, string keyType, string doc, string defaultExpr = ""> {
  string name = keyName;
  /// "int", "pair" (an int or [h, w]), "ints", "pairs" (a list of pairs of
  /// ints, each in full), "padding" (an int, [h, w],
  /// [top, left, bottom, right] or same), "float", "floats", "bool",
  /// "string" or "enum". The int key `axis` and the ints `axes` also take the
  /// names of dimensions: batch, channels, height, width, tokens, features.
  string type = keyType;
  string description = doc;
  string default = defaultExpr;
  bit inIR = 1;
  /// May be left out without a default; the attribute is then absent.
  bit optional = 0;
  Attr attr = ?;
  EnumInfo enum = ?;
}
class IntKey<string name, string doc, string default = "">
    : Key<name, "int", doc, default> { let attr = I64Attr; }
class OptionalIntKey<string name, string doc>
    : Key<name, "int", doc> { let attr = OptionalAttr<I64Attr>; let optional = 1; }
class PairKey<string name, string doc, string default = "">
    : Key<name, "pair", doc, default> { let attr = DenseI64ArrayAttr; }
class IntsKey<string name, string doc, string default = "">
    : Key<name, "ints", doc, default> { let attr = DenseI64ArrayAttr; }
class PairsKey<string name, string doc, string default = "">
    : Key<name, "pairs", doc, default> { let attr = Lathe_PairsAttr; }
class OptionalIntsKey<string name, string doc>
    : Key<name, "ints", doc> { let attr = OptionalAttr<DenseI64ArrayAttr>; let optional = 1; }
class ShapeKey<string name, string doc, string default = "">
    : Key<name, "shape", doc, default> { let attr = Lathe_ShapeAttr; }
class PaddingKey<string name, string doc, string default = "">
    : Key<name, "padding", doc, default> { let attr = DenseI64ArrayAttr; }
class FloatKey<string name, string doc, string default = "">
    : Key<name, "float", doc, default> { let attr = F64Attr; }
class OptionalFloatKey<string name, string doc>
    : Key<name, "float", doc> { let attr = OptionalAttr<F64Attr>; let optional = 1; }
class BoolKey<string name, string doc, string default = "">
    : Key<name, "bool", doc, default> { let attr = BoolAttr; }
class StringKey<string name, string doc, string default = "">
    : Key<name, "string", doc, default> { let attr = StrAttr; }
class EnumKey<string name, EnumAttr kind, string doc, string default = "">
    : Key<name, "enum", doc, default> { let attr = kind; let enum = kind.enum; }

/// Keys that shape the op's parameters and are no attributes: the IR reads
/// them off the parameters' types.
class ShapingKey<string name, string type, string doc, string default = "">
    : Key<name, type, doc, default> { let inIR = 0; }

/// A parameter that the op owns: `shape` is a list expression over the keys
/// and `in`; it exists if the expression `when` holds ("" = always). `init`
/// says how `lathe init` fills it: "zeros", "ones", "normal(std)",
/// "uniform(low, high)" or "fan_in" (uniform with variance 2 / fan in, the fan
/// in being the product of all extents but the first); braces hold expressions
/// over the keys.
class Parameter<string parameterName, string shapeExpr, string doc,
                string initExpr = "fan_in", string condition = ""> {
  string name = parameterName;
  string shape = shapeExpr;
  string description = doc;
  string init = initExpr;
  string when = condition;
  /// Its name in checkpoints, below the step's scope.
  string path = parameterName;
  /// Not "" for a family of parameters: an expression, how many there are.
  string count = "";
  /// Not "" for a family numbered twice: how many there are for each `i`.
  string each = "";
}
/// A parameter whose name in checkpoints is no identifier.
class ParameterAt<string name, string checkpointPath, string shape, string doc,
                  string init = "fan_in", string when = "">
    : Parameter<name, shape, doc, init, when> { let path = checkpointPath; }
/// One parameter for each `i` below `count`, as a variadic operand of the op.
/// Braces in the path hold an expression: `subspaces.{i}.conv_dws.weight`. The
/// shape may speak of `i`, too.
class ParameterFamily<string name, string checkpointPath, string countExpr,
                      string shape, string doc, string init = "fan_in",
                      string when = "">
    : ParameterAt<name, checkpointPath, shape, doc, init, when> {
  let count = countExpr;
}
/// One parameter for each `i` below `count` and each `j` below `each`, which
/// may speak of `i` and be 0: `layer{i}.{j + 1}.weight`. Those of the first `i`
/// come first.
class NestedParameterFamily<string name, string checkpointPath,
                            string countExpr, string eachExpr, string shape,
                            string doc, string init = "fan_in", string when = "">
    : ParameterFamily<name, checkpointPath, countExpr, shape, doc, init, when> {
  let each = eachExpr;
}

/// A buffer that the op owns and that lives across calls: zero when an instance
/// of the program is made, declared as the state "<path of the step>.<name>"
/// and shared by the entries that have a step of that path. `shape` is a list
/// expression over the keys and `in`, whose elements have the type of `in`'s.
/// The op has its symbol as the attribute of the buffer's name.
class StateBuffer<string bufferName, string shapeExpr, string doc> {
  string name = bufferName;
  string shape = shapeExpr;
  string description = doc;
}

/// A further name of the op in specs, with some keys settled:
/// `Alias<"relu", [["kind", "relu"]]>` makes `{op: relu}` a spelling of
/// `{op: activation, kind: relu}`.
class Alias<string aliasName, list<list<string>> settledKeys> {
  string name = aliasName;
  list<list<string>> settled = settledKeys;
}

/// What lathe-tblgen reads. `Lathe_Op` mixes it into an ODS op.
class SpecBinding {
  list<Operand> operands = [];
  list<Key> keys = [];
  list<Parameter> parameterList = [];
  list<StateBuffer> stateBuffers = [];
  list<Alias> aliases = [];
  /// The family, a heading of the spec reference.
  string family = "";
  /// What the op computes, as an equation.
  string formula = "";
  /// The published source of the formula.
  string source = "";
  /// Whether a step may add `norm:` and `act:` after the op.
  bit takesEpilogue = 0;
  /// The shortest step that uses the op, for the spec reference.
  string example = "";
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

class OperandConstraint<Operand o> {
  TypeConstraint type = !cond(!eq(o.arity, "variadic"): Variadic<o.type>,
                              !eq(o.arity, "optional"): Optional<o.type>,
                              true: o.type);
}
class ParameterConstraint<Parameter p> {
  TypeConstraint type = !cond(!not(!empty(p.count)): Variadic<Lathe_Tensor>,
                              !not(!empty(p.when)): Optional<Lathe_Tensor>,
                              true: Lathe_Tensor);
}

/// An op of the dialect that a spec can name. Its ODS arguments are its
/// operands, its parameters, its keys and the symbols of its states, in this
/// order. Result types are inferred; the inference checks the numbered
/// constraints of the description.
class Lathe_Op<string mnemonic, list<Operand> operandList, list<Key> keyList,
               list<Parameter> params = [], list<Trait> traits = [],
               list<StateBuffer> buffers = []>
    : Op<Lathe_Dialect, mnemonic,
         // What an op with states does depends on the calls before.
         !listconcat(!if(!empty(buffers), [Pure], []<Trait>),
                     [DeclareOpInterfaceMethods<CostOpInterface>,
                      InferTypeOpAdaptor],
                     // Two optional or variadic operands need their segments.
                     !if(!gt(!add(!size(!filter(o, operandList, !ne(o.arity, "one"))),
                                  !size(!filter(p, params, !not(!and(!empty(p.when),
                                                                     !empty(p.count)))))), 1),
                         [AttrSizedOperandSegments], []<Trait>),
                     traits)>,
      SpecBinding {
  let operands = operandList;
  let keys = keyList;
  let parameterList = params;
  let stateBuffers = buffers;
  defvar irKeys = !filter(k, keyList, k.inIR);
  let arguments = !con(
      !dag(ins, !foreach(o, operandList, OperandConstraint<o>.type),
           !foreach(o, operandList, o.name)),
      !dag(ins, !foreach(p, params, ParameterConstraint<p>.type),
           !foreach(p, params, p.name)),
      !dag(ins, !foreach(k, irKeys, k.attr), !foreach(k, irKeys, k.name)),
      !dag(ins, !foreach(s, buffers, FlatSymbolRefAttr), !foreach(s, buffers, s.name)));
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

#endif // LATHE_BASE_TD
