# Compiler settings for every target: strict warnings always; sanitizers (dev, tsan, fuzz) or the
# hardening list of docs/architecture.md (release).

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(BOURSE_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(BOURSE_LIBFUZZER "Build fuzz targets with libFuzzer instead of the replay main" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wconversion -Werror -Wshadow -Wvla -Wstrict-prototypes
                    -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Wundef -fno-strict-aliasing
                    -fno-common)

if(BOURSE_SANITIZE)
  add_compile_options(-fsanitize=${BOURSE_SANITIZE} -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${BOURSE_SANITIZE})
else()
  add_compile_options(-D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
                      -ftrivial-auto-var-init=zero -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
endif()
