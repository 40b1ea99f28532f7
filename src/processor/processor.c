/* SPDX-License-Identifier: Apache-2.0 */
/* processor: the list of those that this binary knows. */
#include "processor/processor.h"

#define PROCESSOR(name, ...) extern const struct processor processor_##name;
#include "processor/processors.list"
#undef PROCESSOR

#define PROCESSOR(name, ...) &processor_##name,
static const struct processor *const processors[] = {
#include "processor/processors.list"
};
#undef PROCESSOR

const struct processor *processor_named(str name)
{
    for (size_t i = 0; i < COUNT_OF(processors); i++) {
        if (str_equal(name, str_of(processors[i]->name))) return processors[i];
    }
    return NULL;
}

const struct processor *const *processor_all(size_t *count)
{
    *count = COUNT_OF(processors);
    return processors;
}
