// Whole guests on the WASI hosts: the C programs of tests/guests and a component written by hand.
// Time, input and output are the tests' own, so nothing here waits or depends on the machine.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "code/interpreter.hpp"
#include "component/link.hpp"
#include "component/reader.hpp"
#include "embed/component_program.hpp"
#include "embed/module_program.hpp"
#include "text/wat.hpp"
#include "wasi/library.hpp"
#include "wasi/p1/imports.hpp"
#include "wasm/reader.hpp"

namespace reprise::wasi {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How a guest ended.
struct Ended {
  std::optional<int> exit_code;
  std::optional<TrapKind> trap;
  std::string error;
};

class GuestTest : public testing::Test {
 protected:
  GuestTest() {
    std::string name = (fs::temp_directory_path() / "reprise-guest-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    scratch_ = name;
    options_.seams.monotonic_clock = clock_;
    options_.seams.wall_clock =
        std::make_shared<os::OffsetWallClock>(*clock_, os::Timestamp{1'700'000'000, 0});
    options_.seams.loop = std::make_shared<os::Loop>(*clock_, *poller_);
    options_.standard_output = out_;
    options_.standard_error = err_;
  }
  ~GuestTest() override { fs::remove_all(scratch_); }

  void grant(bool read_only = false) {
    options_.preopens.push_back({scratch_.string(), "/", read_only});
  }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((scratch_ / name).parent_path());
    std::ofstream(scratch_ / name) << text;
  }

  Ended run(const std::string& name, std::vector<std::string> arguments = {}) {
    const std::string text =
        read_file(fs::path(REPRISE_SOURCE_DIR) / "tests/guests" / (name + ".wasm"));
    start(name, std::move(arguments));
    auto bytes = std::make_shared<const std::vector<uint8_t>>(text.begin(), text.end());
    auto module = wasm::read_module({.bytes = *bytes, .owner = bytes, .base = 0}, engine_->types());
    EXPECT_TRUE(module) << module.error().to_string();
    auto imports = p1::Imports::create(host_);
    EXPECT_TRUE(imports) << imports.error().to_string();
    auto program = embed::ModuleProgram::link(
        *session_, engine_->load(std::move(*module)),
        [&](std::string_view from, std::string_view import, const wasm::FuncType& type) {
          return (*imports)->find(from, import, type);
        });
    EXPECT_TRUE(program) << program.error().to_string();
    return finish(**program, "", "_start");
  }

  Ended run_component(const std::string& file, std::vector<std::string> arguments) {
    const std::string text = read_file(fs::path(REPRISE_SOURCE_DIR) / "tests/wasi" / file);
    start(file, std::move(arguments));
    auto encoded = text::encode_component(text, file);
    EXPECT_TRUE(encoded) << encoded.error().to_string();
    auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(*encoded));
    auto component =
        component::read_component({.bytes = *bytes, .owner = bytes, .base = 0}, engine_->types());
    EXPECT_TRUE(component) << component.error().to_string();
    embed::HostLibrary library;
    auto added = add_to_library(library, host_);
    EXPECT_TRUE(added) << added.error().to_string();
    auto program = embed::ComponentProgram::link(
        *session_, std::make_shared<component::LoadedComponent>(*engine_, std::move(*component)),
        library);
    EXPECT_TRUE(program) << program.error().to_string();
    return finish(**program, "wasi:cli/run@0.2.0", "run");
  }

  fs::path scratch_;
  std::shared_ptr<os::ManualClock> clock_ = std::make_shared<os::ManualClock>();
  std::unique_ptr<os::Poller> poller_ = os::manual_poller(*clock_);
  std::shared_ptr<os::MemorySink> out_ = std::make_shared<os::MemorySink>();
  std::shared_ptr<os::MemorySink> err_ = std::make_shared<os::MemorySink>();
  WasiOptions options_;

 private:
  void start(const std::string& name, std::vector<std::string> arguments) {
    options_.arguments = std::move(arguments);
    options_.arguments.insert(options_.arguments.begin(), name);
    auto host = Host::create(options_);
    EXPECT_TRUE(host) << host.error().to_string();
    host_ = std::move(*host);
    engine_ = code::make_engine({});
    auto session = embed::Session::create(engine_, {}, host_.get());
    EXPECT_TRUE(session);
    session_ = std::move(*session);
  }

  template <class R>
  Outcome<R> complete(Task<Outcome<R>> task) {
    EXPECT_TRUE(host_->loop()->run(task)) << "the guest waits for what can never happen";
    return task.take();
  }

  Ended finish(embed::Program& program, std::string_view interface, std::string_view name) {
    embed::Calls calls(*session_, program);
    auto instantiated = complete(calls.instantiate());
    EXPECT_TRUE(instantiated) << instantiated.error().to_string();
    const embed::Exported* entry = program.find(interface, name);
    EXPECT_NE(entry, nullptr);
    auto outcome = complete(calls.call(*entry, {}));
    if (outcome)
      return {.exit_code = outcome->empty() ? 0 : (*outcome)[0], .trap = {}, .error = {}};
    const Trap* trap = outcome.error().trap();
    EXPECT_NE(trap, nullptr) << outcome.error().to_string();
    if (trap->kind == TrapKind::exit)
      return {.exit_code = trap->exit_code, .trap = {}, .error = {}};
    return {.exit_code = {}, .trap = trap->kind, .error = trap->to_string()};
  }

  std::shared_ptr<const runtime::Engine> engine_;
  std::shared_ptr<Host> host_;
  std::unique_ptr<embed::Session> session_;
};

TEST_F(GuestTest, HelloSeesWhatIsGranted) {
  options_.environment = {{"COLOR", "green"}, {"EMPTY", ""}};
  EXPECT_EQ(run("hello", {"one", "two words"}).exit_code, 0);
  EXPECT_EQ(out_->text(),
            "hello\nargument 1: one\nargument 2: two words\n"
            "variable: COLOR=green\nvariable: EMPTY=\n");
  EXPECT_EQ(err_->text(), "2 arguments\n");
}

TEST_F(GuestTest, HelloSeesNothingUnlessGranted) {
  EXPECT_EQ(run("hello").exit_code, 0);
  EXPECT_EQ(out_->text(), "hello\n");
}

TEST_F(GuestTest, CatCopies) {
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += std::to_string(i) + "\n";
  write("file", large);
  grant();
  options_.standard_input = os::memory_source("typed\n");
  EXPECT_EQ(run("cat", {"/file", "-"}).exit_code, 0);
  EXPECT_EQ(out_->text(), large + "typed\n");
}

TEST_F(GuestTest, CatCannotLeaveItsDirectory) {
  write("inside/file", "text");
  fs::create_symlink("../secret", scratch_ / "inside/link");
  write("secret", "secret");
  options_.preopens = {{(scratch_ / "inside").string(), "/", false}};
  EXPECT_EQ(run("cat", {"/../secret", "/link", "/file"}).exit_code, 1);
  EXPECT_EQ(out_->text(), "text");
  EXPECT_EQ(err_->text(), "/../secret: Operation not permitted\n/link: Operation not permitted\n");
}

TEST_F(GuestTest, TreeReadsAndWrites) {
  write("data/a", "alpha");
  write("data/b/c", "");
  for (int i = 0; i < 100; ++i) write("data/many/file" + std::to_string(i), "x");
  fs::create_symlink("a", scratch_ / "data/link");
  grant();
  EXPECT_EQ(run("tree", {"/data", "/index"}).exit_code, 0);
  EXPECT_EQ(out_->text(), "103 files\n");
  const std::string index = read_file(scratch_ / "index");
  EXPECT_NE(index.find("8ac625bb85ed202b        5 /data/a\n"), index.npos) << index;
  EXPECT_NE(index.find("cbf29ce484222325        0 /data/b/c\n"), index.npos);
  EXPECT_NE(index.find("        1 /data/link\n"), index.npos);
  EXPECT_EQ(std::count(index.begin(), index.end(), '\n'), 103);
}

TEST_F(GuestTest, TreeCannotWriteWhereItMayOnlyRead) {
  write("data/a", "alpha");
  grant(/*read_only=*/true);
  EXPECT_EQ(run("tree", {"/data", "/index"}).exit_code, 1);
  EXPECT_EQ(err_->text(), "/index: Read-only file system\n");
  EXPECT_FALSE(fs::exists(scratch_ / "index"));
}

TEST_F(GuestTest, ClocksAreTheSeams) {
  clock_->advance(5);
  options_.seams.entropy = os::seeded_entropy(7);
  EXPECT_EQ(run("clocks").exit_code, 0);
  const std::string first = std::string(out_->text());
  EXPECT_NE(first.find("wall 1700000000000000005\nmonotonic 5\n"), first.npos) << first;
  EXPECT_NE(first.find("slept 20000000\n"), first.npos) << first;
  EXPECT_EQ(clock_->now(), 20'000'005u);
}

TEST_F(GuestTest, PollTimesOut) {
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(pipe(pipe_fds.data()), 0);
  options_.standard_input = os::fd_source(pipe_fds[0]);
  EXPECT_EQ(run("poll").exit_code, 0);
  EXPECT_EQ(out_->text(), "timeout\ntimeout\ntimeout\n");
  EXPECT_EQ(clock_->now(), 60'000'000u);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST_F(GuestTest, PollSeesInput) {
  options_.standard_input = os::memory_source("line\n");
  EXPECT_EQ(run("poll").exit_code, 0);
  EXPECT_EQ(out_->text(), "input line\nend\n");
  EXPECT_EQ(clock_->now(), 0u);
}

TEST_F(GuestTest, ExitCodesArrive) {
  EXPECT_EQ(run("exit", {"return", "0"}).exit_code, 0);
  EXPECT_EQ(run("exit", {"return", "3"}).exit_code, 3);
  EXPECT_EQ(run("exit", {"exit", "42"}).exit_code, 42);
  EXPECT_EQ(out_->take(), "at exit\nat exit\nat exit\n");
  EXPECT_EQ(run("exit", {"_Exit", "255"}).exit_code, 255);
  EXPECT_EQ(out_->text(), "");
}

TEST_F(GuestTest, FaultsTrapWhereTheyHappen) {
  const auto trap_of = [&](const std::string& how) {
    const Ended ended = run("faults", {how});
    EXPECT_TRUE(ended.trap) << how;
    return ended;
  };
  const Ended divide = trap_of("divide");
  EXPECT_EQ(divide.trap, TrapKind::integer_divide_by_zero);
  EXPECT_NE(divide.error.find("divide"), divide.error.npos);
  EXPECT_EQ(trap_of("memory").trap, TrapKind::memory_out_of_bounds);
  EXPECT_EQ(trap_of("unreachable").trap, TrapKind::unreachable);
  EXPECT_EQ(trap_of("stack").trap, TrapKind::call_stack_exhausted);
  EXPECT_EQ(trap_of("call").trap, TrapKind::undefined_element);
  EXPECT_EQ(trap_of("assert").trap, TrapKind::unreachable);
  EXPECT_NE(err_->text().find("Assertion failed: account->balance >= 0"), std::string::npos);
  EXPECT_EQ(run("faults", {"none"}).exit_code, 2);
}

TEST_F(GuestTest, AComponentSleepsAndPrints) {
  EXPECT_EQ(run_component("hello.wat", {"ignored"}).exit_code, 0);
  EXPECT_EQ(out_->text(), "hello.wat");  // the first argument is the program's name
  EXPECT_EQ(clock_->now(), 2'000'000'000u);
}

}  // namespace
}  // namespace reprise::wasi
