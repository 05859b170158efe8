find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
set(REPRISE_base_LIBS fmt::fmt OpenSSL::Crypto)
