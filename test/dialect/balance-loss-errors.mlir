// RUN: lathe-opt %s -split-input-file -verify-diagnostics
// Each constraint of 'balance_loss' is checked and named.

func.func @rank(%0: tensor<2x5x6xf32>) {
  // expected-error@+2 {{'balance_loss' needs logits [tokens, experts], got [2, 5, 6] [C1]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.balance_loss %0 {experts = 4 : i64, top_k = 2 : i64, average_null = false}
      : (tensor<2x5x6xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @experts(%0: tensor<5x6xf32>) {
  // expected-error@+2 {{'balance_loss' has 6 logits a token, but experts: 7 [C2]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.balance_loss %0 {experts = 7 : i64, top_k = 2 : i64, average_null = false}
      : (tensor<5x6xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @picks(%0: tensor<5x6xf32>) {
  // expected-error@+2 {{'balance_loss' picks 1 to 6 of 6 experts, got top_k: 0 [C3]}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = lathe.balance_loss %0 {experts = 4 : i64, top_k = 0 : i64, average_null = false}
      : (tensor<5x6xf32>) -> tensor<1xf32>
  return
}
