find_package(nlohmann_json REQUIRED)  # messages of the Debug Adapter Protocol
set(REPRISE_debug_LIBS fmt::fmt nlohmann_json::nlohmann_json)
