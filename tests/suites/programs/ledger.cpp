// Sorts the lines of standard input into a map of lists and prints them as streams do: what a C++
// program with the standard library asks of its host.

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

int main() {
  std::map<std::string, std::vector<double>> accounts;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream fields(line);
    std::string name;
    double amount = 0;
    if (fields >> name >> amount) accounts[name].push_back(amount);
  }
  std::random_device device;
  std::mt19937 shuffle(device());
  for (auto& [name, amounts] : accounts) {
    std::shuffle(amounts.begin(), amounts.end(), shuffle);
    double sum = 0;
    for (const double amount : amounts) sum += amount;
    std::cout << std::left << std::setw(10) << name << std::right << std::fixed
              << std::setprecision(2) << std::setw(12) << sum << " first " << amounts.front()
              << '\n';
  }
  std::cerr << accounts.size() << " accounts, at "
            << std::chrono::steady_clock::now().time_since_epoch().count() % 1000 << '\n';
  return accounts.empty();
}
