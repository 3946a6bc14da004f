#!/bin/sh
# Ends a bed when its owner ends, however that happens: the owner holds our stdin, and the kernel closes it.
# Arguments: the folders and files to remove. Lines on stdin: "+PID" to end at the end, "-PID" no more.
trap '' INT TERM HUP
pids=' '
while read -r line; do
  case $line in
    +*) pids="$pids${line#+} " ;;
    -*)
      gone=" ${line#-} "
      pids="${pids%%"$gone"*} ${pids#*"$gone"}"
      ;;
  esac
done
# SIGKILL also for kube-apiserver: on SIGTERM it waits up to a minute for open watches.
# shellcheck disable=SC2086
kill -9 $pids 2>/dev/null
# A process that dies may still write: try again until nothing is left.
tries=0
until rm -rf -- "$@" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || exit 1
  sleep 0.1
done
