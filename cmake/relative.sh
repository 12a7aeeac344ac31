#!/bin/sh
# relative.sh ROOT COMPILER WORD…: compiles with paths below ROOT said relative to here,
# which is ROOT/build/NAME. gcc takes a source's path into the checksum by which it finds the
# profile of a function, and no -ffile-prefix-map changes that.
root=$1
shift
for word; do
	shift
	case $word in
	"$root"/*) word=../..${word#"$root"} ;;
	-I"$root"/*) word=-I../..${word#-I"$root"} ;;
	esac
	set -- "$@" "$word"
done
exec "$@"
