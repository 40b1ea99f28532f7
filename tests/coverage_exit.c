/* SPDX-License-Identifier: Apache-2.0 */
/* coverage_exit: in a build that counts what is passed, a process that ends at once leaves its counts behind nevertheless. Linked in
 * place of _exit there (tools/coverage says --wrap=_exit), and nowhere else. */
#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
