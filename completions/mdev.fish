# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for mdev: it asks the program, and so cannot fall behind it.
#
# The answers are names from sysfs and from files, which anybody may have chosen: "$(reboot)" can be
# the name of a type. So they are never expanded: fish picks those that begin right, and inserts them
# quoted.
#
# Functions without a scope of their own work on the variables of __mdev_complete:
#   program, root  what is asked, and on which root
#   args           the words before the one that is completed, without the verb
#   verb           or nothing
#   token          the word that is completed, as it stands on the command line
#   before         how the token begins, up to where an answer goes: "--type=" or nothing

# __mdev_ask QUESTION [ABOUT [BEGUN [GIVEN]...]]: what the program of this command line answers, on the
# root that it works on: NAME, or NAME<TAB>DESCRIPTION. The head of cli/verb/complete.c explains the
# words.
function __mdev_ask --no-scope-shadowing
    $program --describe-$argv[1] $root -- $argv[2..] 2>/dev/null
end

# __mdev_home PATH: with the home folder for ~/
function __mdev_home
    if string match -q -- '~/*' $argv[1]
        echo -- $HOME(string sub --start 2 -- $argv[1])
    else
        echo -- $argv[1]
    end
end

# __mdev_given OPTION LETTER [ARGUMENT...]: the value that the option has among the arguments.
function __mdev_given
    set -l option $argv[1]
    set -l letter $argv[2]
    set -l args $argv[3..]
    set -l given
    for i in (seq (count $args))
        switch $args[$i]
            case "$option=*"
                set given (string replace -- "$option=" '' $args[$i])
            case $option "-$letter"
                set given $args[(math $i + 1)]
            case "-$letter*"
                set given (string sub --start 3 -- $args[$i])
        end
    end
    set -q given[1]; and echo -- $given
end

# __mdev_reply ANSWER...: offers the answers where the token says.
function __mdev_reply --no-scope-shadowing
    for answer in $argv
        echo -- $before$answer
    end
end

# What the token has where an answer goes.
function __mdev_begun --no-scope-shadowing
    string sub --start (math (string length -- $before) + 1) -- $token
end

# The same if that can be the beginning of a UUID. Among thousands of those the program chooses sooner
# than fish, which does all the rest.
function __mdev_begun_digits --no-scope-shadowing
    __mdev_begun | string match -r -- '^[0-9A-Fa-f:-]*$'
end

# Paths are completed as behind a command that fish does not know.
function __mdev_paths --no-scope-shadowing
    complete -C"__mdev_unknown_command "(__mdev_begun)
end

# Attributes of the device that is named, or else of devices of the type. What stands behind the "=" of
# one is the user's to know.
function __mdev_attributes --no-scope-shadowing
    string match -q -- '*=*' (__mdev_begun); and return
    set -l about (string match -r -i -- '^[0-9a-f]{8}-[0-9a-f-]{27}(?::[0-9]+)?$' $args | string lower)[-1]
    set -q about[1]; or set about (__mdev_given --type t $args)
    __mdev_ask attributes "$about"
end

# The last of several columns.
function __mdev_columns --no-scope-shadowing
    set before $before(string match -r -- '^(?:\+|.*,)' (__mdev_begun); or echo)
    __mdev_reply (__mdev_ask columns "$verb")
end

# Users, and behind one of them groups.
function __mdev_owners --no-scope-shadowing
    set -l user (string match -r -- '^[^:]*:' (__mdev_begun))
    if set -q user[1]
        __mdev_reply $user(__fish_complete_groups)
    else
        __mdev_reply (__fish_complete_users)
    end
end

# __mdev_value KIND: values for an option that takes such.
function __mdev_value --no-scope-shadowing
    switch "$argv[1]"
        case PARENT
            __mdev_reply (__mdev_ask parents (__mdev_given --type t $args; or echo))
        case TYPE
            __mdev_reply (__mdev_ask types (__mdev_given --parent p $args; or echo))
        case UUID
            __mdev_reply (__mdev_ask identities "$verb" (__mdev_begun_digits; or echo) $args | string match -v FILE)
        case COLUMNS
            __mdev_columns
        case 'USER[:GROUP]'
            __mdev_owners
        case MODE
            __mdev_reply 0600\t'for its owner alone' 0660\t'for the group, too' 0666\t'for all'
        case PROGRAM
            __mdev_reply qemu libvirt
        case WAY
            __mdev_reply port
        case DIR
            __mdev_reply (__mdev_paths | string match -- '*/')
        case FILE
            __mdev_reply (__mdev_paths)
        case NAME
            __mdev_reply (__mdev_ask files)
        case NAME=VALUE
            __mdev_reply (__mdev_attributes)=
        case ATTRIBUTE 'NAME[=VALUE]'
            __mdev_reply (__mdev_attributes)
    end
end

# What can stand behind the verb and does not yet.
function __mdev_words --no-scope-shadowing
    set -l answers (__mdev_ask words "$verb" (__mdev_begun_digits; or echo) $args)
    if test "$answers[1]" = FILE
        __mdev_paths
    else
        __mdev_reply $answers
    end
end

# Takes the verb, the first argument that is one, out of the arguments. One name of the program stands
# for a verb.
function __mdev_find_verb --no-scope-shadowing
    if string match -q -- '*lsmdev' $program
        set verb list
        return
    end
    set -l verbs (__mdev_ask verbs | string replace -r '\t.*' '')
    set -l previous
    for i in (seq (count $args))
        if test "$previous" != --root; and contains -- $args[$i] $verbs
            set verb $args[$i]
            set -e args[$i]
            return
        end
        set previous $args[$i]
    end
end

# __mdev_kind OPTION: what the option takes as its value, if any.
function __mdev_kind --no-scope-shadowing
    __mdev_ask options "$verb" "$argv[1]=" | string replace -r -f '^[^=\t]*=([^\t]*).*' '$1'
end

# All answers for the command line up to the cursor.
function __mdev_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    while string match -q -r -- '^\w+=' $words[1]
        set -e words[1]
    end
    set -l program (__mdev_home $words[1])
    set -l args $words[2..]
    set -l root (__mdev_given --root = $args)
    set -q root[1]; and set root --root (__mdev_home $root)
    set -l verb
    __mdev_find_verb

    # With its value the option is one word or two.
    set -l before (string match -r -- '^--[^=]+=' $token; or echo)
    if test -n "$before"
        __mdev_value (__mdev_kind (string trim --right --chars = -- $before))
        return
    end
    if string match -q -- '-*' $words[-1]
        set -l kind (__mdev_kind $words[-1])
        if set -q kind[1]
            # It is not among the words that are there.
            set -e args[-1]
            __mdev_value $kind
            return
        end
    end
    if string match -q -- '-*' $token
        # An option that takes a value is followed by a blank here, not by "=".
        __mdev_ask options "$verb" | string replace -r '^([^=\t]+)=[^\t]*' '$1'
    else if set -q verb[1]
        __mdev_words
    else
        __mdev_ask verbs
    end
end

complete -c mdev -f -a '(__mdev_complete)'
