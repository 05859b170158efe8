// Compares lifting and lowering with the specification's executable form, over random types and
// values: flat values, traps, every call of realloc and every byte of memory. abi_oracle.py makes
// the cases, with the definitions.py that lies in $REPRISE_COMPONENT_MODEL (a checkout of
// WebAssembly/component-model); without it there is nothing to compare with, and the test is
// skipped.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

#include "abi_guest.hpp"
#include "component/abi/dynamic.hpp"

namespace reprise::component::abi {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> out;
  if (text == "-") return out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

StringEncoding encoding_named(const std::string& name) {
  if (name == "utf8") return StringEncoding::utf8;
  return name == "utf16" ? StringEncoding::utf16 : StringEncoding::latin1_or_utf16;
}

/// Lines of "keyword rest".
class Script {
 public:
  explicit Script(FILE* file) : file_(file) { advance(); }
  const std::string& keyword() const { return keyword_; }
  /// The rest of the line if it begins with the keyword; then on to the next.
  std::string take(const std::string& keyword) {
    EXPECT_EQ(keyword_, keyword);
    std::string rest = std::move(rest_);
    advance();
    return rest;
  }

 private:
  void advance() {
    std::string line;
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, file_)) {
      line += buffer;
      if (line.ends_with('\n')) break;
    }
    while (line.ends_with('\n') || line.ends_with(' ')) line.pop_back();
    size_t space = std::min(line.find(' '), line.size());
    keyword_ = line.substr(0, space);
    rest_ = space < line.size() ? line.substr(space + 1) : "";
  }

  FILE* file_;
  std::string keyword_;
  std::string rest_;
};

struct Side {
  TestGuest guest;
  Context context{guest};
  uint32_t max_flat = 0;

  explicit Side(std::istringstream& words) {
    std::string encoding, address;
    words >> encoding >> address >> guest.next >> guest.fail_at >> max_flat;
    context.string_encoding = encoding_named(encoding);
    context.width = address == "i64" ? PointerWidth::memory64 : PointerWidth::memory32;
  }
};

class Case {
 public:
  void run(Script& script) {
    script.take("case");
    while (script.keyword() == "type") {
      std::string text = script.take("type");
      trace_ += text + "; ";
      auto type = wit::parse_type(text, table_);
      ASSERT_TRUE(type) << text;
      types_.push_back(*type);
    }
    encoded_ = from_hex(script.take("encoded"));
    while (true) {
      SCOPED_TRACE(trace_);
      if (script.keyword() == "lower") {
        lower(script);
      } else if (script.keyword() == "lift") {
        lift(script);
      } else if (script.keyword() == "transfer") {
        transfer(script);
      } else {
        return;
      }
      if (testing::Test::HasFailure()) return;
    }
  }

  size_t steps = 0;
  size_t traps = 0;

 private:
  void lower(Script& script) {
    std::istringstream words(script.take("lower"));
    Side side(words);
    std::string out_pointer;
    words >> out_pointer;
    std::optional<uint64_t> out;
    if (out_pointer != "-") out = std::stoull(out_pointer);
    ByteReader reader(encoded_);
    std::array<Slot, wit::kMaxFlatParams> flat{};
    auto written = lower_values(side.context, types_, side.max_flat, reader, flat, out);
    if (written) EXPECT_TRUE(reader.at_end());
    expect_lowered(script, side, written, flat);
  }

  void lift(Script& script) {
    std::istringstream words(script.take("lift"));
    from_ = std::make_unique<Side>(words);
    Side& side = *from_;
    from_flat_.clear();
    for (Slot slot; words >> slot;) from_flat_.push_back(slot);
    side.guest.bytes = from_hex(script.take("from"));
    ByteWriter out;
    auto done = lift_values(side.context, types_, side.max_flat, from_flat_, out);
    std::string expected = script.take("outcome");
    ++steps;
    if (expected == "trap") ++traps;
    ASSERT_EQ(done.has_value(), expected != "trap") << (done ? "" : done.error().message);
    if (done) EXPECT_EQ(out.take(), from_hex(expected));
  }

  /// From the guest that the last lift was from.
  void transfer(Script& script) {
    std::istringstream words(script.take("transfer"));
    Side side(words);
    std::array<Slot, wit::kMaxFlatParams> flat{};
    TransferBuffer buffer;
    auto written = transfer_values({from_->context, types_, from_->max_flat}, from_flat_,
                                   {side.context, types_, side.max_flat}, flat, buffer);
    expect_lowered(script, side, written, flat);
  }

  void expect_lowered(Script& script, Side& side, const TrapOr<uint32_t>& written,
                      std::span<const Slot> flat) {
    std::string actual = "trap";
    if (written) {
      actual.clear();
      for (uint32_t i = 0; i < *written; ++i) {
        actual += (i ? " " : "") + std::to_string(flat[i]);
      }
    }
    std::string reallocs;
    for (const ReallocCall& call : side.guest.calls) {
      reallocs += (reallocs.empty() ? "" : " ") + std::to_string(call.old_pointer) + ',' +
                  std::to_string(call.old_size) + ',' + std::to_string(call.alignment) + ',' +
                  std::to_string(call.new_size);
    }
    ++steps;
    if (actual == "trap") ++traps;
    EXPECT_EQ(actual, script.take("outcome")) << (written ? "" : written.error().message);
    EXPECT_EQ(reallocs, script.take("reallocs"));
    EXPECT_EQ(side.guest.bytes, from_hex(script.take("memory")));
  }

  wit::TypeTable table_;
  std::string trace_;
  std::vector<Type> types_;
  std::vector<uint8_t> encoded_;
  std::vector<Slot> from_flat_;
  std::unique_ptr<Side> from_;
};

TEST(AbiOracle, agrees_with_the_specification) {
  const char* root = std::getenv("REPRISE_COMPONENT_MODEL");
  if (!root) GTEST_SKIP() << "REPRISE_COMPONENT_MODEL names no checkout of component-model";
  std::string definitions = std::string(root) + "/design/mvp/canonical-abi";
  ASSERT_TRUE(std::filesystem::exists(definitions + "/definitions.py")) << definitions;
  const char* seed = std::getenv("REPRISE_SEED");
  const char* count = std::getenv("REPRISE_CASES");
  std::string command = "python3 '" REPRISE_SOURCE_DIR "/tests/unit/component/abi_oracle.py' '" +
                        definitions + "' " + (seed ? seed : "1") + " " + (count ? count : "2000");
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  ASSERT_TRUE(pipe);
  Script script(pipe.get());
  size_t steps = 0;
  size_t traps = 0;
  while (script.keyword() == "case") {
    Case one;
    one.run(script);
    steps += one.steps;
    traps += one.traps;
    if (HasFailure()) return;
  }
  EXPECT_EQ(script.keyword(), "end") << "the oracle stopped early";
  EXPECT_GT(steps, 0u);
  RecordProperty("steps", std::to_string(steps));
  RecordProperty("traps", std::to_string(traps));
}

}  // namespace
}  // namespace reprise::component::abi
