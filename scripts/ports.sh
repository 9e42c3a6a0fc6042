# Sourced by kafka.sh and service.sh.

HOST=127.0.0.1

free_ports() { # COUNT: that many different ports below the ephemeral range that nobody listens on
  local port ports=" "
  while [[ $(wc -w <<<"$ports") -lt $1 ]]; do
    port=$((20000 + RANDOM % 12000))
    [[ $ports == *" $port "* ]] || (exec 3<>"/dev/tcp/$HOST/$port") 2>/dev/null || ports+="$port "
  done
  echo "$ports"
}
