//===- FindingsTest.cpp - Labels and boxes out of a model's numbers -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/Findings.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace lathe::runtime;

namespace {

HostTensor tensorOf(std::vector<int64_t> shape, std::vector<float> values) {
  HostTensor tensor = HostTensor::allocate(LATHE_F32, std::move(shape));
  std::ranges::copy(values, static_cast<float *>(tensor.data));
  return tensor;
}

TEST(Findings, RanksLabels) {
  LabelRole role = {{"a", "b", "c"}, 2, Scores::Softmax};
  HostTensor logits = tensorOf({2, 3}, {0, std::log(3.0f), 0, 7, 7, 1});
  EXPECT_EQ(countItems(logits, 1), 2);
  std::vector<Label> first = findLabels(role, logits, 0);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].name, "b");
  EXPECT_NEAR(first[0].score, 0.6, 1e-6);
  EXPECT_EQ(first[1].name, "a") << "the first of equals";
  EXPECT_NEAR(first[1].score, 0.2, 1e-6);
  EXPECT_EQ(findLabels(role, logits, 1)[0].number, 0);
  role.scores = Scores::Sigmoid;
  EXPECT_NEAR(findLabels(role, logits, 0)[0].score, 0.75, 1e-6);
  role.scores = Scores::None;
  EXPECT_EQ(findLabels(role, logits, 1)[0].score, 7);
}

TEST(Findings, RanksWhatIsNoNumberLast) {
  LabelRole role = {{"a", "b", "c"}, 3, Scores::None};
  HostTensor scores = tensorOf({3}, {NAN, -5, INFINITY});
  EXPECT_EQ(countItems(scores, 1), 1);
  std::vector<Label> labels = findLabels(role, scores, 0);
  EXPECT_EQ(labels[0].name, "c");
  EXPECT_EQ(labels[1].name, "b");
  EXPECT_EQ(labels[2].name, "a");
}

TEST(Findings, DropsWorseBoxesOfAClass) {
  DetectionRole role;
  role.labels = {"cat", "dog"};
  role.threshold = 0.5;
  // Boxes 0 and 1 share 8 of 10 cells; 2 is of another class, 3 scores little.
  HostTensor boxes = tensorOf({4, 4}, {0, 0, 10, 1, 0, 0, 8, 1, //
                                       2, 0, 12, 1, 5, 5, 6, 6});
  HostTensor scores = tensorOf({4, 2}, {0.9f, 0, 0.8f, 0.1f, //
                                        0.1f, 0.7f, 0.4f, 0.4f});
  auto find = [&] {
    return findDetections(role, {boxes, scores, nullptr}, 0, nullptr);
  };
  EXPECT_EQ(find().size(), 3u);
  role.overlap = 0.5;
  std::vector<Detection> kept = find();
  ASSERT_EQ(kept.size(), 2u) << "the cat's worse box is gone";
  EXPECT_EQ(kept[0].label.name, "cat");
  EXPECT_EQ(kept[0].box[2], 10);
  EXPECT_EQ(kept[1].label.name, "dog");
  role.overlap = 0.85;
  EXPECT_EQ(find().size(), 3u) << "0.8 is less than 0.85";
  role.most = 1;
  EXPECT_EQ(find().size(), 1u);
}

TEST(Findings, PlacesBoxesInTheFile) {
  DetectionRole role;
  PlacedImage image = {"street.png", 200, 100, 2, 4, 10, 0};
  HostTensor boxes = tensorOf({2, 1, 4}, {0, 0, 1, 1, 5, 10, 95, 30});
  HostTensor scores = tensorOf({2, 1}, {1, 0.75});
  HostTensor classes = HostTensor::allocate(LATHE_I64, {2, 1});
  static_cast<int64_t *>(classes.data)[0] = 0;
  static_cast<int64_t *>(classes.data)[1] = 6;
  EXPECT_EQ(countItems(boxes, 2), 2);
  auto found = findDetections(role, {boxes, scores, &classes}, 1, &image);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].label.number, 6);
  EXPECT_EQ(found[0].label.name, "6") << "a class without a name";
  EXPECT_EQ(found[0].label.score, 0.75);
  EXPECT_EQ(found[0].box[0], 30);
  EXPECT_EQ(found[0].box[1], 40);
  EXPECT_EQ(found[0].box[2], 200) << "the image ends there";
  EXPECT_EQ(found[0].box[3], 100);
}

TEST(Findings, KnowsTheScoreOfNothing) {
  DetectionRole role;
  role.labels = {"cat"};
  role.scoresAre = Scores::Softmax;
  role.threshold = 0.3;
  HostTensor boxes = tensorOf({2, 4}, {0, 0, 1, 1, 2, 2, 3, 3});
  HostTensor scores = tensorOf({2, 2}, {0, 9, 0, 0});
  auto found = findDetections(role, {boxes, scores, nullptr}, 0, nullptr);
  ASSERT_EQ(found.size(), 1u) << "the first box is probably nothing";
  EXPECT_EQ(found[0].box[0], 2);
  EXPECT_NEAR(found[0].label.score, 0.5, 1e-6);
}

} // namespace
