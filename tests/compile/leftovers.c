/* leftovers.c - names that the headers may use for themselves, but not leave behind. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"

#if defined(ROW) || defined(LEAF) || defined(PART) || defined(LIST) || defined(WORD) || defined(X) || defined(AFLOW_X_)
#error "a short macro was left behind"
#endif
int main(void) { return 0; }
