#include "debug/dwarf/form.hpp"

namespace reprise::debug::dwarf {

bool FormValue::is_block() const {
  switch (form) {
    case Form::block1:
    case Form::block2:
    case Form::block4:
    case Form::block:
    case Form::exprloc:
    case Form::data16:
      return true;
    default:
      return false;
  }
}

bool FormValue::is_constant() const {
  switch (form) {
    case Form::data1:
    case Form::data2:
    case Form::data4:
    case Form::data8:
    case Form::sdata:
    case Form::udata:
    case Form::implicit_const:
      return true;
    default:
      return false;
  }
}

bool FormValue::is_address() const {
  switch (form) {
    case Form::addr:
    case Form::addrx:
    case Form::addrx1:
    case Form::addrx2:
    case Form::addrx3:
    case Form::addrx4:
      return true;
    default:
      return false;
  }
}

namespace {

/// Bytes of a form that is one little-endian number, 0 for other forms.
uint32_t fixed_size(Form form, const FormParams& params) {
  switch (form) {
    case Form::data1:
    case Form::flag:
    case Form::ref1:
    case Form::strx1:
    case Form::addrx1:
      return 1;
    case Form::data2:
    case Form::ref2:
    case Form::strx2:
    case Form::addrx2:
      return 2;
    case Form::strx3:
    case Form::addrx3:
      return 3;
    case Form::data4:
    case Form::ref4:
    case Form::strx4:
    case Form::addrx4:
    case Form::ref_sup4:
      return 4;
    case Form::data8:
    case Form::ref8:
    case Form::ref_sig8:
    case Form::ref_sup8:
      return 8;
    case Form::addr:
      return params.address_size;
    case Form::ref_addr:
      return params.version <= 2 ? params.address_size : params.offset_size;
    case Form::strp:
    case Form::line_strp:
    case Form::sec_offset:
    case Form::strp_sup:
      return params.offset_size;
    default:
      return 0;
  }
}

FormValue read_variable(Cursor& cursor, Form form, int64_t implicit_const) {
  switch (form) {
    case Form::udata:
    case Form::ref_udata:
    case Form::strx:
    case Form::addrx:
    case Form::loclistx:
    case Form::rnglistx:
      return {form, cursor.uleb(), {}};
    case Form::sdata:
      return {form, static_cast<uint64_t>(cursor.sleb()), {}};
    case Form::implicit_const:
      return {form, static_cast<uint64_t>(implicit_const), {}};
    case Form::flag_present:
      return {form, 1, {}};
    case Form::string:
      return {form, 0, as_bytes(cursor.text())};
    case Form::block1:
      return {form, 0, cursor.bytes(cursor.u8())};
    case Form::block2:
      return {form, 0, cursor.bytes(cursor.u16())};
    case Form::block4:
      return {form, 0, cursor.bytes(cursor.u32())};
    case Form::block:
    case Form::exprloc:
      return {form, 0, cursor.bytes(cursor.uleb())};
    case Form::data16:
      return {form, 0, cursor.bytes(16)};
    default:
      cursor.fail();
      return {};
  }
}

}  // namespace

FormValue read_form(Cursor& cursor, Form form, int64_t implicit_const, const FormParams& params) {
  while (form == Form::indirect && !cursor.at_end()) form = static_cast<Form>(cursor.uleb());
  if (const uint32_t size = fixed_size(form, params)) return {form, cursor.fixed(size), {}};
  return read_variable(cursor, form, implicit_const);
}

}  // namespace reprise::debug::dwarf
