#include "debug/gdb/return_address.hpp"

#include "base/bytes.hpp"

namespace reprise::debug::gdb {

uint64_t return_address(const wasm::Module& module, uint64_t offset) {
  const Bytes bytes = module.bytes();
  if (offset >= bytes.size()) return offset;
  ByteReader reader(bytes.subspan(offset));
  const auto opcode = reader.u8();
  // spec: binary/instructions §control: call, call_indirect (type and table), call_ref
  const int indices = !opcode                              ? 0
                      : *opcode == 0x10 || *opcode == 0x14 ? 1
                      : *opcode == 0x11                    ? 2
                                                           : 0;
  if (indices == 0) return offset;
  for (int i = 0; i < indices; ++i)
    if (!reader.leb_u32()) return offset;
  return offset + reader.offset();
}

}  // namespace reprise::debug::gdb
