// SPDX-License-Identifier: GPL-2.0-or-later
/* What the start of a program costs by itself. */
int main(void)
{
	return 0;
}
