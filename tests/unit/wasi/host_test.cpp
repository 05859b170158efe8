// What a host grants, and what it refuses to be made of.

#include "wasi_fixture.hpp"

namespace reprise::wasi {
namespace {

TEST(WasiHost, GrantsNothingByDefault) {
  auto host = Host::create({});
  ASSERT_TRUE(host);
  EXPECT_TRUE((*host)->arguments().empty());
  EXPECT_TRUE((*host)->environment().empty());
  EXPECT_TRUE((*host)->grants().empty());
  EXPECT_EQ((*host)->working_directory(), std::nullopt);
  std::array<uint8_t, 1> byte{};
  EXPECT_EQ((*host)->standard_input()->read(byte), 0u);
  EXPECT_EQ((*host)->standard_output()->write(byte), 1u);
  EXPECT_GT((*host)->monotonic_clock().resolution(), 0u);
}

ErrorKind kind_of(WasiOptions options) {
  auto host = Host::create(std::move(options));
  EXPECT_FALSE(host);
  return host ? ErrorKind::limit : host.error().kind;
}

TEST(WasiHost, RefusesWhatCannotBeGranted) {
  EXPECT_EQ(kind_of({.preopens = {{"/no/such/directory", "/", false}}}), ErrorKind::io);
  EXPECT_EQ(kind_of({.arguments = {std::string("a\0b", 3)}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({.arguments = {"\xff"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({.environment = {{"A=B", "c"}}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({.environment = {{"", "c"}}}), ErrorKind::usage);
}

TEST(WasiHost, ASeedFixesTheInsecureGenerator) {
  WasiOptions options;
  options.insecure_seed = 7;
  auto a = Host::create(options);
  auto b = Host::create(options);
  EXPECT_EQ((*a)->insecure_seed(), (*b)->insecure_seed());
  EXPECT_EQ((*a)->insecure_entropy().u64(), (*b)->insecure_entropy().u64());
  EXPECT_NE((*a)->hash_secret(), (*b)->hash_secret());
}

}  // namespace
}  // namespace reprise::wasi
