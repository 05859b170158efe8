#include "debug/dwarf/rust_name.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "debug/dwarf/rust_v0_name.hpp"

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

/// A name behind another, and what the first stands for. Those without a crate's hash are of RFC
/// 2603 and of the tests of rustc's own `rustc-demangle`.
constexpr std::pair<const char*, const char*> kV0[] = {
    {"_RNvC6_123foo3bar", "123foo::bar"},
    {"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
    {"_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}"},
    {"_RNSC1a6vtable", "a::{shim:vtable#0}"},
    {"_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_"
     "3std",
     "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>"},
    {"_RNvXs0_C7mycrateINtC7mycrate3FoomENtC3std5Clone5clone",
     "<mycrate::Foo<u32> as std::Clone>::clone"},
    {"_RNvYNtC1a1SNtC1b1T1f", "<a::S as b::T>::f"},
    {"_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_"
     "4iter8iterator8Iterator9rpositionNCNg"
     "NpB9_6memchr7memrchrs_0E0Bb_",
     "<core::slice::Iter<u8> as core::iter::iterator::Iterator>::rposition::<core::slice::memchr::"
     "memrchr::{closure#1}>::{closure#0}"},
    // Types.
    {"_RINvC1a1fThEE", "a::f::<(u8,)>"},
    {"_RINvC1a1fRSeE", "a::f::<&[str]>"},
    {"_RINvC1a1fQL_AuE", "_RINvC1a1fQL_AuE"},  // an array without a length
    {"_RINvC1a1fAhj8_E", "a::f::<[u8; 8]>"},
    {"_RINvC1a1fFUKCOhPmEzE", "a::f::<unsafe extern \"C\" fn(*mut u8, *const u32) -> !>"},
    {"_RINvC1a1fFK11sys_v64_abihEuE", "a::f::<extern \"sys-v64-abi\" fn(u8)>"},
    {"_RINvC1a1fFG0_RL1_hRL0_tEuE", "a::f::<for<'a, 'b> fn(&'a u8, &'b u16)>"},
    {"_RNvINtC1a1bDG_INtC1c2FnTRL0_hEEp6OutputuEL_E1d",
     "a::b::<dyn for<'a> c::Fn<(&'a u8,), Output = ()>>::d"},
    // Constants.
    {"_RNvMC0INtC8arrayvec8ArrayVechKj7b_E3new", "<arrayvec::ArrayVec<u8, 123>>::new"},
    {"_RINtC8arrayvec8ArrayVechKan7b_E", "arrayvec::ArrayVec::<u8, -123>"},
    {"_RINtC1a1bKo10000000000000000_E", "a::b::<0x10000000000000000>"},
    {"_RINtC1a1bKb1_Kc76_Kc27_KcdfE", "_RINtC1a1bKb1_Kc76_Kc27_KcdfE"},
    {"_RINtC1a1bKb1_Kc76_Kc27_Kcdf_Kca_E", "a::b::<true, 'v', '\\'', 'ß', '\\n'>"},
    {"_RINtC1a1bKRe616263_E", "a::b::<\"abc\">"},
    {"_RINtC1a1bKVNtC1a1BTb1_j2_EE", "a::b::<{a::B(true, 2)}>"},
    {"_RINtC1a1bKVNtC1a1BS1xj1_EE", "a::b::<{a::B { x: 1 }}>"},
    {"_RINtC1a1bKRAj1_j2_EE", "a::b::<{&[1, 2]}>"},
    // Other alphabets.
    {"_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
     "utf8_idents::საჭმელად_გემრიელი_სადილი"},
    {"_RNvC1au8gdel_5qa", "a::gödel"},
    // What LLVM puts behind a name.
    {"_RNvNvC4main4main3foo.llvm.1234", "main::main::foo"},
};

TEST(RustName, OfTheNewerKindIsAsOneWritesIt) {
  for (const auto& [name, source] : kV0) EXPECT_EQ(rust_source_name(name), source);
}

TEST(RustName, OfTheNewerKindIsTakenWholeOrNotAtAll) {
  for (const char* name :
       {"_R", "_RN", "_RNvC1a", "_RNvC9a1b", "_R1NvC1a1b", "_RC1aX", "_RNvC1a1b!", "_RNvB_1a",
        "_RB0_", "_RINvC1a1fL0_E", "_RINvC1a1fRL99999999999999_hE", "_RINvC1a1fKb2_E",
        "_RINvC1a1fKcd800_E", "_RINvC1a1fKj_E", "_RNvC1au5_zzzz", "_RNvC18446744073709551617a1b",
        "_RNvCs_"})
    EXPECT_EQ(rust_source_name(name), name);
}

TEST(RustName, NestsAndGrowsWithinLimits) {
  const auto repeated = [](std::string_view part, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += part;
    return out;
  };
  const std::string deep = "_RINvC1a1f" + repeated("S", 100) + "hE";
  EXPECT_EQ(rust_source_name(deep),
            "a::f::<" + repeated("[", 100) + "u8" + repeated("]", 100) + ">");
  const std::string deeper = "_RINvC1a1f" + repeated("S", 100'000) + "hE";
  EXPECT_EQ(rust_source_name(deeper), deeper);
  // Each tuple holds the one before it twice.
  constexpr std::string_view kDigits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto doubled = [&](size_t times) {
    std::string name = "_RINvC1a1f";
    size_t before = name.size() - 2;
    name += "ThhE";
    for (size_t i = 0; i < times; ++i) {
      const size_t here = name.size() - 2;
      const std::string reference = {'B', kDigits[before - 1], '_'};
      name += "T" + reference + reference + "E";
      before = here;
    }
    return name + "E";
  };
  EXPECT_EQ(rust_source_name(doubled(1)), "a::f::<(u8, u8), ((u8, u8), (u8, u8))>");
  EXPECT_GT(rust_source_name(doubled(5)).size(), 300u);
  EXPECT_LE(rust_source_name(doubled(6)).size(), kMaxRustName);
  // A name that points at itself.
  for (const char* name : {"_RINvC1a1fB7_E", "_RNvB_1a", "_RIB_E"})
    EXPECT_EQ(rust_source_name(name), name);
}

}  // namespace
}  // namespace reprise::debug
