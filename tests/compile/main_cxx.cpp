// main_cxx.cpp - main for units compiled as C++, whose functions have C++ names. SPDX-License-Identifier: MIT OR Unlicense
#include <cstdint>
#include <cstdio>

std::uint64_t digest_in_use();
#ifdef TWO
std::uint64_t digest_in_second();
#endif

int main()
{
    const unsigned long long digest = digest_in_use();
#ifdef TWO
    if (digest_in_second() != digest) return 1;
#endif
    std::printf("%016llx\n", digest);
    return digest == 0;
}
