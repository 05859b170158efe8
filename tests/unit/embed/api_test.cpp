// The public API: linking, typed calls, recording, and what it refuses.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "embed/api_state.hpp"
#include "embed/replay_run.hpp"
#include "reprise/linker.hpp"

namespace reprise {
namespace {

constexpr std::string_view kMath = "test:host/math@1.0.0";

/// `run` adds 1 to what the host's `double` gives; `fault` traps.
constexpr std::string_view kComponent = R"((component
  (import "test:host/math@1.0.0" (instance $math
    (export "double" (func (param "x" u32) (result u32)))))
  (core func $double (canon lower (func $math "double")))
  (core module $m
    (import "" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (i32.add (i32.const 1) (call $double (local.get 0))))
    (func (export "fault") unreachable))
  (core instance $i (instantiate $m (with "" (instance (export "double" (func $double))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))
  (func (export "fault") (canon lift (core func $i "fault")))
))";

/// Gives back the string it was given.
constexpr std::string_view kEcho = R"((component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0))
      (i32.store (i32.const 12) (local.get 1))
      (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $i "echo") (memory $i "memory") (realloc (core func $i "realloc"))))
))";

struct App {
  std::vector<uint32_t> seen;
};

struct File {};

}  // namespace
}  // namespace reprise

REPRISE_RESOURCE(reprise::File, "test:host/files.file")

namespace reprise {
namespace {

class ApiTest : public testing::Test {
 protected:
  Component read(std::string_view text) {
    auto component = Component::read(engine_, text, "test.wat");
    EXPECT_TRUE(component) << component.error().to_string();
    return component.value();
  }

  void give_double() {
    ASSERT_TRUE(linker_.func(kMath, "double", [](Call<App> call, uint32_t x) {
      call.data().seen.push_back(x);
      return 2 * x;
    }));
  }

  Outcome<Instance> instantiate(std::string_view text) {
    return linker_.instantiate(store_, read(text)).run();
  }

  Engine engine_ = *Engine::create();
  Store<App> store_ = *Store<App>::create(engine_);
  Linker<App> linker_;
};

TEST_F(ApiTest, CallsGoBothWays) {
  give_double();
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_EQ(run->call(store_, 20).run().value(), 41u);
  EXPECT_EQ(store_.data().seen, std::vector<uint32_t>{20});
}

TEST_F(ApiTest, DataStaysWhereItIsWhenTheStoreMoves) {
  give_double();
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance);
  App* const place = &store_.data();
  Store<App> moved = std::move(store_);
  EXPECT_EQ(&moved.data(), place);
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  EXPECT_EQ(run->call(moved, 1).run().value(), 3u);
  EXPECT_EQ(place->seen.size(), 1u);
}

TEST_F(ApiTest, StringsCrossAndBadOnesAreRefused) {
  auto instance = instantiate(kEcho);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto echo = instance->func<std::string(std::string)>("", "echo");
  ASSERT_TRUE(echo) << echo.error().to_string();
  EXPECT_EQ(echo->call(store_, "héllo").run().value(), "héllo");
  EXPECT_FALSE(echo->call(store_, "\xff").run());
}

TEST_F(ApiTest, AnExportOfAnotherTypeIsRefused) {
  give_double();
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance);
  auto wrong = instance->func<uint64_t(uint32_t)>("", "run");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::link);
  EXPECT_NE(wrong.error().message.find("func(x: u32) -> u32"), std::string::npos);
  EXPECT_FALSE(instance->func<uint32_t()>("", "run"));
  EXPECT_FALSE(instance->func<void()>("", "nowhere"));
}

TEST_F(ApiTest, MissingImportsFailOrTrapAsAsked) {
  auto failed = instantiate(kComponent);
  ASSERT_FALSE(failed);
  ASSERT_TRUE(failed.error().error());
  EXPECT_EQ(failed.error().error()->kind, ErrorKind::link);

  linker_.trap_missing("test:host/", "there is no such thing here");
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  auto outcome = run->call(store_, 1).run();
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().trap());
}

TEST_F(ApiTest, ATrapIsAValueAndClosesTheInstance) {
  give_double();
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance);
  auto outcome = instance->func<void()>("", "fault")->call(store_).run();
  ASSERT_FALSE(outcome);
  ASSERT_TRUE(outcome.error().trap());
  EXPECT_EQ(outcome.error().trap()->kind, TrapKind::unreachable);
  auto again = instance->func<uint32_t(uint32_t)>("", "run")->call(store_, 1).run();
  EXPECT_FALSE(again);
  EXPECT_TRUE(store_.data().seen.empty());
}

TEST_F(ApiTest, RunRefusesSuspendingFunctionsBeforeAnythingRuns) {
  ASSERT_TRUE(linker_.func(kMath, "double", [](Call<App> call, uint32_t x) -> Task<uint32_t> {
    call.data().seen.push_back(x);
    co_return 2 * x;
  }));
  auto refused = instantiate(kComponent);
  ASSERT_FALSE(refused);
  ASSERT_TRUE(refused.error().error());
  EXPECT_EQ(refused.error().error()->kind, ErrorKind::usage);
  EXPECT_NE(refused.error().to_string().find("test:host/math@1.0.0#double"), std::string::npos);

  // The same Task can be tried by who accepts that it may be cancelled.
  auto instance = linker_.instantiate(store_, read(kComponent)).run_if_ready();
  ASSERT_TRUE(instance && *instance);
  auto run = (*instance)->func<uint32_t(uint32_t)>("", "run");
  EXPECT_FALSE(run->call(store_, 4).run());
  EXPECT_TRUE(store_.data().seen.empty());
  auto tried = run->call(store_, 4).run_if_ready();
  ASSERT_TRUE(tried && *tried);
  EXPECT_EQ(**tried, 9u);
}

TEST_F(ApiTest, OtherStoresAndThreadsAreRefused) {
  give_double();
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance);
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  Store<App> other = *Store<App>::create(engine_);
  EXPECT_FALSE(run->call(other, 1).run());
  bool refused = false;
  std::thread([&] { refused = !run->call(store_, 1).run_if_ready()->has_value(); }).join();
  EXPECT_TRUE(refused);
  EXPECT_TRUE(store_.data().seen.empty());
}

TEST_F(ApiTest, AResourceMustBeTheOneItsTypeNames) {
  EXPECT_TRUE(linker_.resource<File>("test:host/files@1.0.0", "file"));
  EXPECT_FALSE(linker_.resource<File>("test:host/files@1.0.0", "directory"));
}

TEST_F(ApiTest, WhatIsNoComponentIsAnError) {
  EXPECT_FALSE(Component::read(engine_, "", "empty"));
  EXPECT_FALSE(Component::read(engine_, "(component", "cut.wat"));
  EXPECT_FALSE(Component::read(engine_, "(module)", "module.wat"));
}

TEST_F(ApiTest, ARecordedRunIsReplayedWithoutItsHost) {
  const std::string path = testing::TempDir() + "api_" + std::to_string(getpid()) + ".trace";
  give_double();
  ASSERT_TRUE(store_.record({.path = path}));
  auto instance = instantiate(kComponent);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  EXPECT_EQ(run->call(store_, 20).run().value(), 41u);
  auto closed = store_.close_recording();
  ASSERT_TRUE(closed) << closed.error().to_string();
  EXPECT_FALSE(run->call(store_, 21).run());
  EXPECT_FALSE(store_.close_recording());

  auto player = replay::Player::open(*trace::Reader::open(path));
  ASSERT_TRUE(player) << player.error().to_string();
  // The C++ function has no name for its parameter; the component has.
  const replay::RecordedFunction* recorded =
      (*player)->find(trace::Direction::imported, "test:host/math@1.0.0", "double");
  ASSERT_NE(recorded, nullptr);
  EXPECT_EQ(recorded->signature, "func(x: u32) -> u32");
  replay::Mirror mirror([](replay::Stream, Bytes) {});
  replay::Playback playback(**player, mirror);
  const Component component = read(kComponent);
  const auto& state = detail::Access::state(component);
  auto session = embed::Session::create(state->engine, {}, nullptr);
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->replay(playback));
  embed::HostLibrary library;
  ASSERT_TRUE(library.add_recorded(state->loaded->component(), **player));
  auto program = embed::ComponentProgram::link(**session, state->loaded, library);
  ASSERT_TRUE(program) << program.error().to_string();
  const embed::ReplayOutcome outcome = embed::run_replay(playback, **program, {});
  EXPECT_EQ(outcome.kind, embed::ReplayOutcome::Kind::finished)
      << (outcome.divergence ? outcome.divergence->to_string() : "");
  EXPECT_FALSE(outcome.cut);
  EXPECT_FALSE(outcome.trap);
  EXPECT_EQ(store_.data().seen.size(), 1u);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace reprise
