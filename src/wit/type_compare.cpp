// Structural comparison of types. Its cost is bounded by TypeNode::node_count.

#include <algorithm>

#include "wit/type.hpp"

namespace reprise::wit {
namespace {

using SameResource = bool (*)(const Resource&, const Resource&);

bool same_id(const Resource& a, const Resource& b) {
  return a.id == b.id;
}
bool same_name(const Resource& a, const Resource& b) {
  return a.name == b.name;
}

bool same(Type a, Type b, SameResource same_resource) {
  if (!a || !b) return a == b;
  if (a->kind != b->kind || a->members.size() != b->members.size() || a->length != b->length ||
      a->depth != b->depth || a->node_count != b->node_count) {
    return false;
  }
  // One node in both places: ids are equal, and so are names.
  if (a == b) return true;
  if (a->kind == TypeKind::own || a->kind == TypeKind::borrow) {
    return same_resource(a->resource, b->resource);
  }
  if (a->members.empty()) return same(a->element, b->element, same_resource);
  return std::ranges::equal(a->members, b->members, [&](const Member& x, const Member& y) {
    return x.name == y.name && same(x.type, y.type, same_resource);
  });
}

}  // namespace

bool equal(Type a, Type b) {
  return same(a, b, same_id);
}
bool equal_by_name(Type a, Type b) {
  return same(a, b, same_name);
}

bool equal_by_name(const FuncType& a, const FuncType& b) {
  return a.async == b.async && equal_by_name(a.result, b.result) &&
         std::ranges::equal(a.params, b.params, [](const Param& x, const Param& y) {
           return x.name == y.name && equal_by_name(x.type, y.type);
         });
}

}  // namespace reprise::wit
