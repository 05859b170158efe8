// A resource of the host: guests hold handles to C++ objects, which live until they are dropped.
//
//   host_resource [TRACE]     with a TRACE the run is recorded: try `reprise trace cat TRACE`

#include <cstdint>
#include <cstdio>
#include <string>

#include "reprise/linker.hpp"

namespace {

/// Opens a file, asks for its size, drops it, and returns the size.
constexpr std::string_view kComponent = R"((component
  (import "example:files/api@1.0.0" (instance $files
    (export "file" (type $file (sub resource)))
    (export "open" (func (result (own $file))))
    (export "[method]file.size" (func (param "self" (borrow $file)) (result u32)))))
  (alias export $files "file" (type $file))
  (core func $open (canon lower (func $files "open")))
  (core func $size (canon lower (func $files "[method]file.size")))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "" "open" (func $open (result i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local $file i32) (local $size i32)
      (local.set $file (call $open))
      (local.set $size (call $size (local.get $file)))
      (call $drop (local.get $file))
      (local.get $size)))
  (core instance $i (instantiate $m (with "" (instance
    (export "open" (func $open)) (export "size" (func $size)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $i "run")))
))";

struct File {
  std::string content;
};

}  // namespace

REPRISE_RESOURCE(File, "example:files/api.file")

namespace {

struct App {
  std::string content = "twelve bytes";
};

int report(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

reprise::Result<void> give_files(reprise::Linker<App>& linker) {
  using namespace reprise;
  constexpr std::string_view kFiles = "example:files/api@1.0.0";
  REPRISE_TRY(linker.resource<File>(kFiles, "file"));
  REPRISE_TRY(linker.func(kFiles, "open",
                          [](Call<App> call) { return call.push(File{call.data().content}); }));
  return linker.func(kFiles, "[method]file.size", [](Call<App> call, Borrow<File> file) {
    return static_cast<uint32_t>(call.get(file).content.size());
  });
}

}  // namespace

int main(int argc, char** argv) {
  using namespace reprise;
  auto engine = Engine::create();
  if (!engine) return report(engine.error().to_string());
  auto component = Component::read(*engine, kComponent, "host_resource.wat");
  if (!component) return report(component.error().to_string());
  auto store = Store<App>::create(*engine);
  if (!store) return report(store.error().to_string());
  if (argc > 1)
    if (auto recording = store->record({.path = argv[1]}); !recording)
      return report(recording.error().to_string());

  Linker<App> linker;
  if (auto given = give_files(linker); !given) return report(given.error().to_string());
  auto instance = linker.instantiate(*store, *component).run();
  if (!instance) return report(instance.error().to_string());
  auto run = instance->func<uint32_t()>("", "run");
  if (!run) return report(run.error().to_string());
  auto size = run->call(*store).run();
  if (!size) return report(size.error().to_string());
  std::printf("%u bytes, %u files still open\n", *size, store->resources().live());
  if (argc > 1)
    if (auto closed = store->close_recording(); !closed) return report(closed.error().to_string());
}
