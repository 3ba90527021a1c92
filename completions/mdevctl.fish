# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for mdev under the names of mdevctl: the program answers for these as it does for its
# own, so that all of it is that of mdev.

functions -q __mdev_complete; or source (status dirname)/mdev.fish

complete -c mdevctl -f -a '(__mdev_complete)'
complete -c lsmdev -f -a '(__mdev_complete)'
