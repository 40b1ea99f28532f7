/* SPDX-License-Identifier: Apache-2.0 */
/* media: reads Content-Type and Accept as far as one media type needs. */
#include "api/media.h"

/* ---- what comes ---- */

static bool is_utf8_charset(str parameter)
{
    str value;
    str name = str_trim(str_cut(parameter, '=', &value));
    value = str_trim(value);
    bool is_utf8 = str_equal_ignoring_case(value, STR("utf-8")) || str_equal_ignoring_case(value, STR("\"utf-8\""));
    return str_equal_ignoring_case(name, STR("charset")) && is_utf8;
}

bool media_is_json(const struct http_request *request)
{
    str parameters;
    if (http_header_count(request, STR("Content-Encoding")) > 0) return false;
    if (http_header_count(request, STR("Content-Type")) != 1) return false;
    str value = http_header(request, STR("Content-Type"));
    str type = str_trim(str_cut(value, ';', &parameters));
    bool has_parameter = str_trim(parameters).length > 0;
    return str_equal_ignoring_case(type, STR("application/json")) && (!has_parameter || is_utf8_charset(parameters));
}

/* ---- what is wanted ---- */

/* The more a range says, the more it counts. */
enum fit { FIT_NONE, FIT_ANY, FIT_GROUP, FIT_EXACT };

static enum fit range_fit(str range)
{
    if (str_equal(range, STR("*/*"))) return FIT_ANY;
    if (str_equal_ignoring_case(range, STR("application/*"))) return FIT_GROUP;
    return str_equal_ignoring_case(range, STR("application/json")) ? FIT_EXACT : FIT_NONE;
}

/* "q=0", "q=0.0", ...: anything but this */
static bool is_unwanted(str parameters)
{
    while (parameters.length > 0) {
        str value;
        str name = str_trim(str_cut(str_cut(parameters, ';', &parameters), '=', &value));
        if (!str_equal_ignoring_case(name, STR("q"))) continue;
        value = str_trim(value);
        size_t zeros = 0;
        while (zeros < value.length && (value.bytes[zeros] == '0' || value.bytes[zeros] == '.')) zeros++;
        return zeros == value.length;
    }
    return false;
}

struct acceptance {
    enum fit best;
    bool is_wanted;
};

static void read_ranges(str value, struct acceptance *acceptance)
{
    while (value.length > 0) {
        str parameters;
        str range = str_trim(str_cut(str_cut(value, ',', &value), ';', &parameters));
        enum fit fit = range_fit(range);
        if (fit == FIT_NONE || fit < acceptance->best) continue;
        *acceptance = (struct acceptance){ fit, !is_unwanted(parameters) };
    }
}

bool media_accepts_json(const struct http_request *request)
{
    struct acceptance acceptance = { FIT_NONE, false };
    bool is_choosy = false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!str_equal_ignoring_case(header->name, STR("Accept")) || str_is_empty(header->value)) continue;
        is_choosy = true;
        read_ranges(header->value, &acceptance);
    }
    return !is_choosy || acceptance.is_wanted;
}
