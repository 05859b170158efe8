#include "component/print.hpp"

#include <gtest/gtest.h>

#include "text/wat.hpp"

namespace reprise::component {
namespace {

TEST(ExternPrinter, WritesInterfacesAsWitDoes) {
  const auto binary = text::encode_component(R"((component
    (import "test:a/types@1.0.0" (instance $types
      (export "file" (type $file (sub resource)))
      (type $kind' (enum "plain" "folder"))
      (export "kind" (type $kind (eq $kind')))
      (export "open" (func (param "path" string) (result (result (own $file) (error $kind)))))
      (export "[method]file.list" (func (param "self" (borrow $file))
        (result (list (tuple string (option $kind))))))))
    (alias export $types "file" (type $file))
    (import "test:a/more@1.0.0" (instance
      (export "file" (type $f (eq $file)))
      (export "take" (func (param "files" (list (own $f)))))))
    (import "log" (func async (param "bytes" (stream u8))))
  ))");
  ASSERT_TRUE(binary) << binary.error().to_string();
  const auto component = read_component(*binary, std::make_shared<wasm::TypeRegistry>());
  ASSERT_TRUE(component) << component.error().to_string();
  EXPECT_EQ(ExternPrinter(**component).print((*component)->type().imports, ""),
            "test:a/types@1.0.0\n"
            "  resource file\n"
            "  type kind = enum { plain, folder }\n"
            "  open: func(path: string) -> result<file, kind>\n"
            "  [method]file.list: func(self: borrow<file>) -> list<tuple<string, option<kind>>>\n"
            "test:a/more@1.0.0\n"
            "  use test:a/types@1.0.0.{file}\n"
            "  take: func(files: list<file>)\n"
            "log: async func(bytes: stream<u8>)\n");
}

}  // namespace
}  // namespace reprise::component
