#include "debug/dwarf/rust_name.hpp"

#include <gtest/gtest.h>

namespace reprise::debug {
namespace {

TEST(RustName, IsAsOneWritesIt) {
  EXPECT_EQ(rust_source_name("_ZN3std2io5Write9write_all17h349ffec55ea5d44eE"),
            "std::io::Write::write_all");
  EXPECT_EQ(rust_source_name("_ZN3std2io8buffered9bufwriter18BufWriter$LT$W$GT$9flush_"
                             "buf17hce4131ba222da9c3E.llvm.5801284401807627848"),
            "std::io::buffered::bufwriter::BufWriter<W>::flush_buf");
  EXPECT_EQ(rust_source_name("_ZN80_$LT$std..io..Write..write_fmt..Adapter$LT$T$GT$$u20$as$u20$"
                             "core..fmt..Write$GT$9write_str17he7dfdfaa8d79a853E"),
            "<std::io::Write::write_fmt::Adapter<T> as core::fmt::Write>::write_str");
  EXPECT_EQ(rust_source_name("_ZN4core3ops8function6FnOnce40call_once$u7b$$u7b$vtable.shim$u7d$$u7d"
                             "$17h0123456789abcdefE"),
            "core::ops::function::FnOnce::call_once{{vtable.shim}}");
}

TEST(RustName, OthersStayAsTheyAre) {
  for (const char* name :
       {"", "main", "_ZN", "_ZNE", "_ZN3fooE", "_ZN3foo3barE", "_ZN3foo17h349ffec55ea5d44e",
        "_ZN99999999999999999999foo17h349ffec55ea5d44eE", "_ZN0017h349ffec55ea5d44eE",
        "_ZN3foo17h349ffec55ea5d44gE", "_ZN3foo17h349ffec55ea5d44eEv", "_ZNK5Meter4lastEv"})
    EXPECT_EQ(rust_source_name(name), name);
  EXPECT_EQ(rust_source_name("_ZN5a$b$c17h349ffec55ea5d44eE"), "a$b$c");
}

}  // namespace
}  // namespace reprise::debug
