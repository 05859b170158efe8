#include "component/names.hpp"

#include <gtest/gtest.h>

namespace reprise::component {
namespace {

std::string message_of(std::string_view name) {
  const auto parsed = parse_extern_name(name);
  return parsed ? "ok" : parsed.error().message;
}

TEST(Names, Parts) {
  const auto method = parse_extern_name("[method]input-stream.read");
  ASSERT_TRUE(method);
  EXPECT_EQ(method->kind, NameKind::method);
  EXPECT_EQ(method->resource, "input-stream");
  EXPECT_EQ(method->label, "read");
  const auto interface = parse_extern_name("wasi:io/streams@0.2.1-rc.1+b.01");
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->kind, NameKind::interface);
  EXPECT_EQ(interface->interface, "wasi:io/streams");
  EXPECT_EQ(interface->version, "0.2.1-rc.1+b.01");
}

TEST(Names, Labels) {
  for (const char* good : {"a", "a-b-c", "a1-2-3", "A", "A-B-C", "a11-w0rds", "m1x3d-4CR0NYMS"})
    EXPECT_TRUE(is_label(good)) << good;
  for (const char* bad : {"", "1-2-3", "a-", "-a", "a--b", "aB", "a_b", "é"})
    EXPECT_FALSE(is_label(bad)) << bad;
}

TEST(Names, Refused) {
  EXPECT_EQ(message_of("wasi/http"), "`wasi/http` is not in kebab case");
  EXPECT_EQ(message_of("foo:bar:baz/qux"), "expected `/` after package name in `foo:bar:baz/qux`");
  EXPECT_EQ(message_of("foo:bar/baz/qux"), "trailing characters found: `/qux`");
  EXPECT_EQ(message_of("[static]a"), "failed to find `.` character in `[static]a`");
  EXPECT_NE(message_of("a:b/c@01.0.0"), "ok");
  EXPECT_NE(message_of("a:b/c@1.0.0-01"), "ok");
  EXPECT_NE(message_of("a:b/c@99999999999999999999.0.0"), "ok");
}

TEST(Names, StrongUniqueness) {
  auto key = [](std::string_view name) { return uniqueness_key(*parse_extern_name(name)); };
  EXPECT_EQ(key("foo-BAR"), key("FOO-bar"));
  EXPECT_EQ(key("[method]foo.foo"), key("foo"));
  EXPECT_EQ(key("[static]foo-BAR.FOO-bar"), key("foo-bar"));
  EXPECT_EQ(key("[method]foo.bar"), key("[static]foo.bar"));
  EXPECT_NE(key("[constructor]foo"), key("foo"));
  EXPECT_EQ(key("foo:bar/baz"), key("foo:bar/BAZ"));
  EXPECT_NE(key("foo:bar/baz@1.0.0"), key("foo:bar/baz@2.0.0"));
}

TEST(Names, CanonicalVersions) {
  EXPECT_EQ(canonical_name("wasi:io/streams@0.2.1"), "wasi:io/streams@0.2");
  EXPECT_EQ(canonical_name("wasi:io/streams@0.2.12-rc.1"), "wasi:io/streams@0.2");
  EXPECT_EQ(canonical_name("a:b/c@1.2.3"), "a:b/c@1");
  EXPECT_EQ(canonical_name("a:b/c@0.0.1-alpha"), "a:b/c@0.0.1");
  EXPECT_EQ(canonical_name("a:b/c"), "a:b/c");
  EXPECT_EQ(canonical_name("run"), "run");
}

}  // namespace
}  // namespace reprise::component
