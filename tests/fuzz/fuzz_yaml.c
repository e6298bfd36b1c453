/* fuzz_yaml.c - libFuzzer harness of the document parser. The first byte chooses: even = YAML, odd = JSON.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all tests/fuzz/fuzz_yaml.c -o fuzz_yaml
   ./fuzz_yaml -max_total_time=180 -max_len=4096 -dict=CORPORA/fuzz/asyncflow_yaml.dict folder-of-seeds
   SPDX-License-Identifier: MIT OR Unlicense */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

static volatile uint64_t fuzz_sum; /* what is read must not be optimised away */

static void fuzz_require(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

/* Reads every byte of the tree and checks what it promises. The depth is bounded. */
static void fuzz_walk(const aflowi_node *node, unsigned depth)
{
    const aflowi_node *child;
    uint32_t count = 0, size = 1, i;
    fuzz_require(depth + node->height <= AFLOWI_MAX_DEPTH, "depth");
    fuzz_require(node->line >= 1 && node->column >= 1 && node->span >= 1, "place");
    fuzz_require(node->complete && node->text[node->length] == '\0', "text");
    for (i = 0; i < node->length; i++) fuzz_sum += (unsigned char)node->text[i];
    for (child = node->first; child != NULL; child = child->next) {
        fuzz_require((child->key != NULL) == (node->kind == AFLOWI_KIND_MAPPING), "key");
        if (child->key != NULL) {
            fuzz_require(child->key->first == NULL && child->key->kind < AFLOWI_KIND_SEQUENCE, "scalar key");
            fuzz_walk(child->key, depth);
            if (node->count < 100 && strlen(child->key->text) == child->key->length)
                fuzz_require(aflowi_node_get(node, child->key->text) == child, "key found, and once only");
        }
        size += child->size + (child->key != NULL ? 1u : 0u);
        count++;
        fuzz_walk(child, depth + 1);
    }
    fuzz_require(count == node->count && size == node->size, "counts");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aflowi_arena arena;
    aflowi_syntax_error error;
    const aflowi_node *root;
    char *copy;
    if (size == 0) return 0;
    copy = (char *)malloc(size - 1 != 0 ? size - 1 : 1); /* exact: the first byte read behind the end is seen */
    if (copy == NULL) return 0;
    memcpy(copy, data + 1, size - 1);
    aflowi_arena_init(&arena, NULL, 64);
    root = aflowi_document_parse(&arena, copy, size - 1, data[0] & 1, &error);
    free(copy);
    if (root != NULL) {
        fuzz_walk(root, 0);
    } else {
        fuzz_require(error.line >= 1 && error.column >= 1 && error.span >= 1, "place of an error");
        fuzz_require(error.message[0] != '\0' && strlen(error.message) < sizeof error.message - 1, "message");
    }
    aflowi_arena_free(&arena);
    return 0;
}
