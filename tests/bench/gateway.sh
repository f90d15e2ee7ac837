#!/usr/bin/env bash
# What a message through the gateway costs, beside nginx and HAProxy as proxies of WebSocket: CPU of
# the proxy's process, measured in turns by anywire-bench. usage: gateway.sh [arguments of anywire-bench]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PATH:/usr/sbin"
bin=$PWD/build/bin
scratch=$(mktemp -d)
backend=
end() {
    [ -z "$backend" ] || kill "$backend"
    rm -rf "$scratch"
}
trap end EXIT

# listening_port <file>: the port in the first line that ends in one.
listening_port() {
    local port=
    until port=$(grep -oE ':[0-9]+/?$' "$1" | head -n 1 | tr -d ':/') && [ -n "$port" ]; do sleep 0.05; done
    printf '%s' "$port"
}
free_port() {
    node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

"$bin/anywire-bench-server" >"$scratch/backend" &
backend=$!
behind=127.0.0.1:$(listening_port "$scratch/backend")

# proxy <name> <port> <command...>: a program that becomes the proxy, and says so once it listens.
proxy() {
    local name=$1 port=$2
    shift 2
    cat >"$scratch/$name" <<TXT
#!/bin/bash
(until (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do
    kill -0 \$\$ || exit  # it has gone before it listened
    sleep 0.02
done
    echo "listening on 127.0.0.1:$port") &
exec $*
TXT
    chmod +x "$scratch/$name"
}

nginx=$(free_port)
cat >"$scratch/nginx.conf" <<TXT
daemon off;
master_process off;
worker_processes 1;
pid $scratch/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $scratch/body;
    proxy_temp_path $scratch/proxy;
    fastcgi_temp_path $scratch/fastcgi;
    uwsgi_temp_path $scratch/uwsgi;
    scgi_temp_path $scratch/scgi;
    server {
        listen 127.0.0.1:$nginx;
        location / {
            proxy_pass http://$behind;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$http_connection;
            proxy_read_timeout 1h;
        }
    }
}
TXT
proxy nginx "$nginx" nginx -p "$scratch" -c "$scratch/nginx.conf" -e stderr

haproxy=$(free_port)
cat >"$scratch/haproxy.cfg" <<TXT
global
    maxconn 4096
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
frontend front
    bind 127.0.0.1:$haproxy
    default_backend back
backend back
    server one $behind
TXT
proxy haproxy "$haproxy" haproxy -db -f "$scratch/haproxy.cfg"

gateway=$(free_port)
proxy gateway "$gateway" "$bin/anywire-gateway" --websocket /ws --backend "ws://$behind/ws" \
    --listen "127.0.0.1:$gateway" --access-log off --log-level error

# Pushpin, where it is installed: four processes, which end with the one that has started them. Its
# client's end, zurl, refuses addresses of the own machine unless told otherwise.
others=()
pushpin=$(free_port)
if command -v pushpin-proxy >/dev/null && command -v condure >/dev/null && command -v zurl >/dev/null; then
    others=(--server "pushpin=$scratch/pushpin")
    at=ipc://$scratch
    printf '* %s\n' "$behind" >"$scratch/routes"
    cat >"$scratch/zurl.conf" <<TXT
[General]
in_spec=$at/zurl-in
in_stream_spec=$at/zurl-in-stream
out_spec=$at/zurl-out
in_req_spec=$at/zurl-req
defpolicy=allow
max_open_requests=4096
buffer_size=200000
timeout=600
TXT
    cat >"$scratch/pushpin.conf" <<TXT
[global]
rundir=$scratch
ipc_prefix=pushpin-
[proxy]
routesfile=routes
condure_in_specs=$at/pushpin-condure-out
condure_in_stream_specs=$at/pushpin-condure-out-stream
condure_out_specs=$at/pushpin-condure-in
zurl_out_specs=$at/zurl-in
zurl_out_stream_specs=$at/zurl-in-stream
zurl_in_specs=$at/zurl-out
handler_inspect_spec=$at/pushpin-inspect
handler_accept_spec=$at/pushpin-accept
handler_retry_in_spec=$at/pushpin-retry
handler_ws_control_in_spec=$at/pushpin-ws-control-in
handler_ws_control_out_spec=$at/pushpin-ws-control-out
command_spec=$at/pushpin-proxy-command
[handler]
proxy_inspect_spec=$at/pushpin-inspect
proxy_accept_spec=$at/pushpin-accept
proxy_retry_out_spec=$at/pushpin-retry
proxy_ws_control_in_spec=$at/pushpin-ws-control-out
proxy_ws_control_out_spec=$at/pushpin-ws-control-in
proxy_command_spec=$at/pushpin-proxy-command
condure_in_stream_specs=$at/pushpin-condure-out-stream
condure_out_specs=$at/pushpin-condure-in
command_spec=$at/pushpin-command
TXT
    cat >"$scratch/pushpin" <<TXT
#!/bin/bash
start() { setpriv --pdeathsig KILL "\$@" >>"$scratch/pushpin.log" 2>&1 & }
start zurl --config=$scratch/zurl.conf
start condure --log-level=1 --listen=127.0.0.1:$pushpin,stream --zclient-stream=$at/pushpin-condure --buffer-size=8192 --stream-maxconn=4096
start pushpin-proxy --config=$scratch/pushpin.conf --ipc-prefix=pushpin- --loglevel=1
start pushpin-handler --config=$scratch/pushpin.conf --ipc-prefix=pushpin- --loglevel=1
answers() {  # once all four have found each other
    exec 3<>/dev/tcp/127.0.0.1/$pushpin
    printf '%s\r\n' 'GET /ws HTTP/1.1' 'Host: localhost' 'Upgrade: websocket' 'Connection: Upgrade' \\
        'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' '' >&3
    read -r -t 1 line <&3 && [[ \$line = *' 101 '* ]]
}
until (answers) 2>/dev/null; do sleep 0.02; done
echo "listening on 127.0.0.1:$pushpin"
wait
TXT
    chmod +x "$scratch/pushpin"
fi

"$bin/anywire-bench" --server "nginx=$scratch/nginx" --server "haproxy=$scratch/haproxy" \
    --server "gateway=$scratch/gateway" "${others[@]}" "$@"
