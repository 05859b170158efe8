# Handlers are leaves: a frame pointer would cost each of them two instructions. Nobody reads errno. And
# the address sanitizer knows nothing of VM stacks and guest memories, but cannot keep its own state on a
# stack that preserve_none leaves no register to find.
file(GLOB REPRISE_HANDLERS ${CMAKE_SOURCE_DIR}/src/code/handlers_*.cpp)
set_source_files_properties(${REPRISE_HANDLERS} PROPERTIES
  COMPILE_OPTIONS "-fomit-frame-pointer;-fno-math-errno;-fno-sanitize=address")
