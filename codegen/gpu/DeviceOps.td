//===- DeviceOps.td - What the host asks of a device ----------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part of the kernel dialect (codegen/KernelOps.td, which includes this).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DEVICE_OPS_TD
#define LATHE_DEVICE_OPS_TD

def Kernel_LaunchOp : Kernel_Op<"launch",
    [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "hands a kernel to the device, behind all that was handed to it before";
  let description = [{
    `groups` workgroups of the kernel in the gpu.module, or the kernel.binary,
    of that name. A buffer is its elements: the kernel knows sizes and strides,
    or takes them among the scalars. It stores to the last buffer and reads the
    others, or all. Launches see what those before them stored and what kernel.upload
    gave the device; the host sees it after a kernel.wait for it.

    Example:

        kernel.launch @main_stem over %n (%x, %y) scalars(%size) in %run
            : !llvm.ptr, memref<?x8xf32>, memref<?x8xf32>
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, AnyType:$run, Index:$groups,
                       Variadic<AnyMemRef>:$buffers, Variadic<I32>:$scalars);
  let assemblyFormat = [{
    $kernel `over` $groups `(` $buffers `)` (`scalars` `(` $scalars^ `)`)?
    `in` $run attr-dict `:` type($run) `,` type($buffers)
  }];
}

def Kernel_WaitOp : Kernel_Op<"wait", []> {
  let summary = "returns when the device has done all that was handed to it";
  let description = [{
    The host may then read `buffers` as the device has them, and write others.

    Example:

        kernel.wait for(%x) in %run : !llvm.ptr, memref<?x8xf32>
  }];
  let arguments = (ins AnyType:$run, Variadic<AnyMemRef>:$buffers);
  let assemblyFormat = [{
    (`for` `(` $buffers^ `)`)? `in` $run attr-dict
    `:` type($run) (`,` type($buffers)^)?
  }];
}

def Kernel_UploadOp : Kernel_Op<"upload", []> {
  let summary = "gives the device what the host wrote to buffers";
  let description = [{
    Behind all that was handed to the device before. The host may write them
    anew at once.

    Example:

        kernel.upload (%x) in %run : !llvm.ptr, memref<?x8xf32>
  }];
  let arguments = (ins AnyType:$run, Variadic<AnyMemRef>:$buffers);
  let assemblyFormat = [{
    `(` $buffers `)` `in` $run attr-dict `:` type($run) `,` type($buffers)
  }];
}

def Kernel_BinaryOp : Kernel_Op<"binary", [Symbol]> {
  let summary = "a kernel as the device's driver takes it";
  let description = [{
    `code` is SPIR-V, or empty where a gpu.binary has the code of all kernels.
    `buffers` and `scalars` are how many of both a launch has, `workgroup` is
    how many invocations a workgroup has, and `shared` the bytes that they
    share. How these go together says LatheDeviceKernel in runtime/abi.h.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$code,
                       I64Attr:$buffers, I64Attr:$scalars,
                       I64Attr:$workgroup, I64Attr:$shared);
  let assemblyFormat = [{
    $sym_name `buffers` $buffers `scalars` $scalars `workgroup` $workgroup
    `shared` $shared `code` $code attr-dict
  }];
}

#endif // LATHE_DEVICE_OPS_TD
