#include "reprise/resources.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reprise {
namespace {

struct Noisy {
  std::vector<int>* log;
  int name;
  Noisy(std::vector<int>* l, int n) : log(l), name(n) {}
  ~Noisy() { log->push_back(name); }
};

TEST(ResourceTable, OrdinalsAreNeverReused) {
  ResourceTable table;
  const uint32_t a = table.push(std::make_unique<int>(1)).value();
  EXPECT_TRUE(table.drop(a));
  const uint32_t b = table.push(std::make_unique<int>(2)).value();
  EXPECT_NE(a, b);
  EXPECT_EQ(table.get<int>(a), nullptr);
  EXPECT_EQ(*table.get<int>(b), 2);
  EXPECT_FALSE(table.drop(a));
}

TEST(ResourceTable, KnowsTypes) {
  ResourceTable table;
  const uint32_t a = table.push(std::make_unique<std::string>("x")).value();
  EXPECT_EQ(table.get<int>(a), nullptr);
  EXPECT_EQ(table.take<int>(a), nullptr);
  EXPECT_EQ(*table.take<std::string>(a), "x");
  EXPECT_EQ(table.live(), 0u);
}

TEST(ResourceTable, DestroysTheYoungestFirst) {
  std::vector<int> log;
  {
    ResourceTable table;
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(table.push(std::make_unique<Noisy>(&log, i)));
    table.drop(300);
    ASSERT_EQ(log, std::vector<int>{300});
  }
  ASSERT_EQ(log.size(), 600u);
  EXPECT_EQ(log[1], 599);
  EXPECT_EQ(log.back(), 0);
}

TEST(ResourceTable, HasALimit) {
  ResourceTable table(2);
  ASSERT_TRUE(table.push(std::make_unique<int>(1)));
  ASSERT_TRUE(table.push(std::make_unique<int>(2)));
  auto third = table.push(std::make_unique<int>(3));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::limit);
}

}  // namespace
}  // namespace reprise
