/* SPDX-License-Identifier: Apache-2.0 */
/* http_write: an answer as bytes. For http_server. */
#ifndef FLORIN_WORLD_HTTP_WRITE_H
#define FLORIN_WORLD_HTTP_WRITE_H

#include "base/text.h"
#include "world/http.h"

enum { HTTP_DATE_BYTES = 32 };

struct http_write_frame {
    str date;
    bool close;       /* say that the connection ends behind this answer */
    bool is_http_1_0; /* that it stays must be said to an old client */
};

/* The status line and all headers, with the empty line behind them. */
void http_write_head(struct text *text, const struct http_answer *answer, struct http_write_frame frame);

/* An answer that never has a body, whatever the request was. */
bool http_write_is_bodiless(int status);

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
str http_write_date(char buffer[HTTP_DATE_BYTES], micros now);

#endif
