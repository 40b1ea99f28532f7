/* SPDX-License-Identifier: Apache-2.0 */
/* The settings file: whatever stands in it, it is taken with every value within its limits, or refused with a sentence
 * that names the line. A taken file written out anew says the same. The source itself is included: a file for every input
 * would be slow, and its texts are kept for ever. */
#include "command/settings.c"

#include "base/text.h"
#include "fuzz/fuzzing.h"

struct values {
    const char *place;
    int64_t count;
    int64_t share;
    int64_t range[2];
    bool loud;
};

static struct values got;

static const struct setting table[] = {
    { "place", SETTING_TEXT, "here", 0, 0, &got.place, "Where." },
    { "count", SETTING_NUMBER, "3", -10, 999999, &got.count, "How many." },
    { "share", SETTING_SHARE, "0.05", 0, 0, &got.share, "Which part." },
    { "sim.range", SETTING_RANGE, "1:2", 0, 100, got.range, "From where to where." },
    { "sim.loud", SETTING_SWITCH, "off", 0, 0, &got.loud, "Whether." },
};

static bool is_read(str text, bool is_part, struct error *error)
{
    struct reading reading = { .settings = table, .count = COUNT_OF(table), .config = "florin.conf", .is_part = is_part, .error = error };
    error->text[0] = 0;
    apply_defaults(&reading);
    return apply_lines(&reading, text);
}

static void check_values(const struct values *values)
{
    INSIST(values->count >= -10 && values->count <= 999999);
    INSIST(values->share >= 0 && values->share <= 1000000);
    INSIST(values->range[0] >= 0 && values->range[0] <= values->range[1] && values->range[1] <= 100);
}

static size_t count_lines(str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.length; i++) count += text.bytes[i] == '\n';
    return count;
}

/* "florin.conf line 12: ..." */
static void check_error(str text, const struct error *error)
{
    str rest, begin = STR("florin.conf line ");
    int64_t line;
    INSIST(str_starts_with(str_of(error->text), begin));
    INSIST(str_to_int64(str_cut(str_from(str_of(error->text), begin.length), ':', &rest), INT64_MAX, &line));
    INSIST(line >= 1 && (size_t)line <= count_lines(text));
}

/* A text that a file can say: what is around it is trimmed, and a comment would begin. */
static bool can_be_said(str text)
{
    return !str_contains(text, STR("\n")) && !str_contains(text, STR(" #")) && !str_contains(text, STR("\t#"));
}

static void check_written_anew(struct error *error)
{
    struct values before = got;
    struct text text = text_open(&kept_texts, 128);
    text_put_format(&text, "place=%s\r\n\n# a comment\ncount=%lld # another\n\tshare = %d.%06d\n", before.place,
                    (long long)before.count, (int)(before.share / 1000000), (int)(before.share % 1000000));
    text_put_format(&text, "sim.range = %d:%d\nsim.loud = %s", (int)before.range[0], (int)before.range[1], before.loud ? "on" : "off");
    INSIST(is_read(text_str(&text), false, error));
    INSIST(str_equal(str_of(got.place), str_of(before.place)));
    INSIST(got.count == before.count && got.share == before.share && got.loud == before.loud);
    INSIST(got.range[0] == before.range[0] && got.range[1] == before.range[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    struct error error;
    bool is_taken = is_read(text, false, &error);
    if (!is_taken) check_error(text, &error);
    if (is_taken) INSIST(!str_contains(text, STR("\0"))); /* it would cut a value short */
    check_values(&got);
    if (is_taken && can_be_said(str_of(got.place))) check_written_anew(&error);
    if (is_taken) INSIST(is_read(text, true, &error)); /* who looks at less has less to complain about */
    arena_reset(&kept_texts);
    return 0;
}
