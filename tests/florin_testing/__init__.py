# SPDX-License-Identifier: Apache-2.0
"""What black-box tests share."""
