//===- ImageTest.cpp - Image files as inputs ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"
#include "runtime/image/Decode.h"
#include "runtime/image/Resize.h"
#include "runtime/main/ImageInput.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lathe::runtime;
using testing::HasSubstr;

namespace {

std::string input(const std::string &name) {
  return std::string(TEST_INPUTS) + "/" + name;
}

/// What Inputs/make_images.py paints.
using Colour = std::array<int, 3>;
Colour colour(int x, int y) {
  return {20 * x, 255 - 36 * y, (37 * x * y) % 256};
}

using Bytes = std::vector<int>;
Bytes bytesOf(const Pixels &pixels) {
  const uint8_t *begin = pixels.data.get();
  return {begin, begin + pixels.width * pixels.height * pixels.channels};
}

Pixels read(const std::string &name, int64_t channels = 3) {
  auto pixels = readImage(input(name), channels);
  EXPECT_TRUE(pixels) << pixels.status().message();
  return pixels ? std::move(*pixels) : Pixels();
}

/// The pixels that an image of 13 by 7 has by a formula.
template <typename Formula> Bytes painted(const Formula &formula) {
  Bytes bytes;
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 13; ++x)
      for (int value : formula(x, y))
        bytes.push_back(value);
  return bytes;
}

int overWhite(int value, int alpha) {
  return (value * alpha + 255 * (255 - alpha) + 127) / 255;
}

TEST(Image, DecodesEveryKindOfPng) {
  EXPECT_EQ(bytesOf(read("wide.png")), painted(colour));
  EXPECT_EQ(bytesOf(read("interlaced.png")), painted(colour));
  EXPECT_EQ(bytesOf(read("deep.png")), painted(colour)) << "16 bits";
  EXPECT_EQ(bytesOf(read("grey.png")),
            painted([](int x, int) { return Colour{20 * x, 20 * x, 20 * x}; }));
  EXPECT_EQ(bytesOf(read("bits.png")), painted([](int x, int y) {
              int value = 255 * ((x + y) % 2);
              return Colour{value, value, value};
            }));
  EXPECT_EQ(bytesOf(read("palette.png")), painted([](int x, int y) {
              Colour value = {};
              value[(x + y) % 3] = 255;
              return value;
            }));
}

TEST(Image, LaysAlphaOverWhite) {
  EXPECT_EQ(bytesOf(read("alpha.png")), painted([](int x, int y) {
              Colour value = colour(x, y);
              for (int &part : value)
                part = overWhite(part, 255 - 21 * x);
              return value;
            }));
  EXPECT_EQ(bytesOf(read("grey-alpha.png", 1)), painted([](int x, int y) {
              return std::array{overWhite(20 * x, 40 * y)};
            }));
  EXPECT_EQ(bytesOf(read("palette-alpha.png")), painted([](int x, int y) {
              int kind = (x + y) % 3;
              return kind == 0   ? Colour{255, 0, 0}
                     : kind == 1 ? Colour{255, 255, 255}
                                 : Colour{0, 0, 255};
            }));
}

TEST(Image, MakesGreyOfColours) {
  EXPECT_EQ(bytesOf(read("wide.png", 1)), painted([](int x, int y) {
              auto [red, green, blue] = colour(x, y);
              return std::array{
                  (19595 * red + 38470 * green + 7471 * blue + 32768) / 65536};
            }));
  EXPECT_EQ(bytesOf(read("grey.png", 1)),
            painted([](int x, int) { return std::array{20 * x}; }));
}

TEST(Image, DecodesJpegAsPillowDoes) {
  for (const char *name : {"photo", "progressive", "grey"})
    EXPECT_EQ(bytesOf(read(concat(name, ".jpg"))),
              bytesOf(read(concat(name, "-decoded.png"))))
        << name;
  EXPECT_EQ(bytesOf(read("photo.jpg", 1)), bytesOf(read("photo-grey.png", 1)));
}

TEST(Image, ResizesAsPillowDoes) {
  Pixels wide = read("wide.png");
  for (auto [width, height] :
       {std::pair(5, 3), {8, 8}, {1, 1}, {13, 4}, {31, 20}, {6, 17}}) {
    Pixels resized = resize(wide, {width, 0, width}, {height, 0, height});
    EXPECT_EQ(bytesOf(resized),
              bytesOf(read(concat("wide-", width, "x", height, ".png"))))
        << width << "x" << height;
  }
  for (auto [width, height] :
       {std::pair(4, 4), {5, 2}, {16, 16}, {3, 7}, {13, 7}}) {
    auto [across, down] = coverCentre(13, 7, width, height);
    EXPECT_EQ(bytesOf(resize(wide, across, down)),
              bytesOf(read(concat("wide-cover-", width, "x", height, ".png"))))
        << width << "x" << height;
  }
}

TEST(Image, ResizesByHand) {
  // Two pixels become three: at 1/3, 1 and 5/3 of the first one's width.
  Pixels two = Pixels::allocate(2, 1, 1);
  two.data[0] = 0;
  two.data[1] = 90;
  EXPECT_EQ(bytesOf(resize(two, {3, 0, 3}, {1, 0, 1})), (Bytes{0, 45, 90}));
  // Four become two: each is the mean of three with the weights 3, 3 and 1 by
  // the distance of the centres, 1/2, 1/2 and 3/2 of a width of 2.
  Pixels four = Pixels::allocate(4, 1, 1);
  for (int i = 0; i < 4; ++i)
    four.data[i] = static_cast<uint8_t>(70 * i);
  EXPECT_EQ(bytesOf(resize(four, {2, 0, 2}, {1, 0, 1})), (Bytes{50, 160}));
}

TEST(Image, RefusesBadFiles) {
  TemporaryFolder folder;
  auto messageOf = [](const std::string &path) {
    auto pixels = readImage(path, 3);
    return pixels ? "none" : pixels.status().message();
  };
  EXPECT_THAT(messageOf(input("none.png")), HasSubstr("cannot read"));
  EXPECT_THAT(messageOf(folder.write("a.png", "")),
              HasSubstr("is neither a PNG nor a JPEG file"));
  EXPECT_THAT(messageOf(input("make_images.py")),
              HasSubstr("is neither a PNG nor a JPEG file"));
  EXPECT_THAT(messageOf(input("huge.png")),
              HasSubstr("has 100000x100000 pixels; an image has at least one "
                        "and at most 2^28"));
  EXPECT_THAT(messageOf(input("hollow.png")),
              HasSubstr("is no whole PNG file (it is truncated)"));
  EXPECT_THAT(messageOf(input("inks.jpg")), HasSubstr("CMYK"));
}

/// Damage of every kind ends in an image or in a message.
TEST(Image, SurvivesDamage) {
  auto decode = [](const std::string &bytes) {
    auto *begin = reinterpret_cast<const uint8_t *>(bytes.data());
    return decodeImage("file", {begin, bytes.size()}, 3);
  };
  for (const char *name : {"wide.png", "interlaced.png", "palette-alpha.png",
                           "deep.png", "photo.jpg", "progressive.jpg"}) {
    std::string whole = contentsOf(input(name));
    ASSERT_FALSE(whole.empty());
    for (size_t size = 0; size + 20 < whole.size(); ++size)
      EXPECT_FALSE(decode(whole.substr(0, size))) << name << " cut to " << size;
    for (size_t i = 0; i < whole.size(); ++i)
      for (char flip : {'\x01', '\x80', '\xff'}) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        auto pixels = decode(damaged);
        EXPECT_EQ(pixels.status().message().empty(), bool(pixels));
      }
  }
}

/// An input of `shape`, of which 0 is a size from 1 to 20.
struct Input {
  explicit Input(std::vector<int64_t> shape) : least(shape), most(shape) {
    for (size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == 0)
        least[i] = 1, most[i] = 20;
    info.name = "image";
    info.rank = 4;
    info.minShape = least.data();
    info.maxShape = most.data();
  }
  std::vector<int64_t> least, most;
  LatheTensorInfo info = {};
};

TEST(Image, FillsABatch) {
  Input image({0, 3, 8, 8});
  ImageRole role = {3, {0.5, 0.25, 0}, {0.5, 1, 2}, ImageRole::Stretch};
  auto batch =
      readImages({input("wide-8x8.png"), input("wide.png")}, image.info, role);
  ASSERT_TRUE(batch) << batch.status().message();
  EXPECT_EQ(batch->tensor.shape, (std::vector<int64_t>{2, 3, 8, 8}));
  Bytes pixels = bytesOf(read("wide-8x8.png"));
  auto *values = static_cast<const float *>(batch->tensor.data);
  for (int item = 0; item < 2; ++item)
    for (size_t c = 0; c < 3; ++c)
      for (size_t i = 0; i < 64; ++i)
        EXPECT_EQ(*values++, (static_cast<float>(pixels[3 * i + c]) / 255.0f -
                              role.mean[c]) /
                                 role.std[c]);
  const PlacedImage &wide = batch->images[1];
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.height, 7);
  EXPECT_DOUBLE_EQ(wide.scaleX * 8, 13);
  EXPECT_DOUBLE_EQ(wide.scaleY * 8, 7);
}

TEST(Image, PlacesTheCentre) {
  Input image({1, 3, 4, 4});
  ImageRole role = {3, {0, 0, 0}, {1, 1, 1}, ImageRole::Crop};
  auto batch = readImages({input("wide.png")}, image.info, role);
  ASSERT_TRUE(batch) << batch.status().message();
  // 13x7 covers 4x4 as 7x4, of which the centre starts at the second column.
  const PlacedImage &placed = batch->images[0];
  EXPECT_EQ(placed.left, 2);
  EXPECT_EQ(placed.top, 0);
  EXPECT_DOUBLE_EQ((7 - 0) * placed.scaleX, 13);
}

TEST(Image, TakesOpenSizesFromTheFile) {
  Input image({0, 1, 0, 0});
  ImageRole role = {1, {0}, {1}, ImageRole::None};
  auto batch =
      readImages({input("wide.png"), input("grey.png")}, image.info, role);
  ASSERT_TRUE(batch) << batch.status().message();
  EXPECT_EQ(batch->tensor.shape, (std::vector<int64_t>{2, 1, 7, 13}));
  auto mixed =
      readImages({input("wide.png"), input("wide-8x8.png")}, image.info, role);
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.status().message(),
              HasSubstr("wide-8x8.png' has 8x8 pixels, but "));
  EXPECT_THAT(mixed.status().message(),
              HasSubstr("wide.png', in the same batch, has 13x7"));
  auto large = readImages({input("photo.jpg")}, image.info, role);
  ASSERT_FALSE(large);
  EXPECT_THAT(large.status().message(),
              HasSubstr("photo.jpg' has 40x30 pixels, but 'image' takes a "
                        "height of 1 to 20; resize the image"));
  Input fixed({1, 1, 8, 8});
  auto other = readImages({input("grey.png")}, fixed.info, role);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.status().message(),
              HasSubstr("grey.png' has 13x7 pixels, but 'image' takes 8x8"));
}

TEST(Image, TellsFilesApart) {
  TemporaryFolder folder;
  EXPECT_EQ(splitFiles("a.png,b.jpg"),
            (std::vector<std::string>{"a.png", "b.jpg"}));
  std::string odd = folder.write("a,b.png", "");
  EXPECT_EQ(splitFiles(odd), (std::vector<std::string>{odd}));
  EXPECT_TRUE(areImages({input("wide.png")}));
  EXPECT_TRUE(areImages({"none.png"}));
  EXPECT_FALSE(areImages({"none.npy"}));
  EXPECT_FALSE(areImages({"x.safetensors:image"}));
  EXPECT_FALSE(areImages({folder.write("array", "\x93NUMPY")}));
  std::string named = folder.write("png.npy", contentsOf(input("wide.png")));
  EXPECT_TRUE(areImages({named}));
}

} // namespace
