// RUN: lathe-opt %s -lathe-lower-kernel-calls | FileCheck %s

// A launch is a call with the buffers' addresses, bytes and sizes of elements,
// and the scalars, in arrays that all launches of the function share, as do
// waits and uploads. Kernels are numbered as they stand in the module.

// CHECK-DAG: func private @latheDeviceLaunch(!llvm.ptr, i64, i64, i64, !llvm.ptr, !llvm.ptr)
// CHECK-DAG: func private @latheDeviceWait(!llvm.ptr, !llvm.ptr, i64)
// CHECK-DAG: func private @latheDeviceUpload(!llvm.ptr, !llvm.ptr, i64)
// CHECK-LABEL: func @main
// CHECK-DAG: %[[SCALARS:.*]] = llvm.alloca %{{.*}} x i32
// CHECK-DAG: %[[BUFFERS:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(ptr, i64, i64)>
// CHECK-NOT: llvm.alloca
// CHECK: memref.extract_strided_metadata
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr
// CHECK-DAG: %[[EVENT:.*]] = arith.constant 7 : i64
// CHECK-DAG: %[[NUMBER:.*]] = arith.constant 1 : i64
// CHECK: call @latheDeviceLaunch(%arg2, %{{.*}}, %{{.*}}, %{{.*}}, %[[BUFFERS]], %[[SCALARS]])
// CHECK: call @latheDeviceLaunch(%arg2, %{{.*}}, %{{.*}}, %{{.*}}, %[[BUFFERS]], %[[SCALARS]])
// CHECK: %[[NONE:.*]] = arith.constant 0 : i64
// CHECK: call @latheDeviceWait(%arg2, %[[BUFFERS]], %[[NONE]])
// CHECK: memref.extract_aligned_pointer_as_index %arg0
// CHECK: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: call @latheDeviceUpload(%arg2, %[[BUFFERS]], %[[ONE]])
func.func @main(%x: memref<?x4xf32, strided<[8, 1], offset: 3>>, %s: i32, %run: !llvm.ptr) attributes {lathe.entry} {
  %c8 = arith.constant 8 : index
  kernel.launch @second over %c8(%x) scalars(%s) in %run {lathe.event = 7} : !llvm.ptr, memref<?x4xf32, strided<[8, 1], offset: 3>>
  kernel.launch @first over %c8(%x) in %run : !llvm.ptr, memref<?x4xf32, strided<[8, 1], offset: 3>>
  kernel.wait in %run : !llvm.ptr
  kernel.upload (%x) in %run : !llvm.ptr, memref<?x4xf32, strided<[8, 1], offset: 3>>
  return
}
kernel.binary @first buffers 1 scalars 0 workgroup 64 shared 0 code "abcd"
kernel.binary @second buffers 1 scalars 1 workgroup 64 shared 256 code "abcd"
