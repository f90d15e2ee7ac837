// What an old client is asked to do inside an old browser. ES3: an engine of 2012 runs it. The page's
// address says, behind its '#', which client, which case and where to tell what came of it: the
// report is the request of an image.
var legacy = (function () {
    var asked = JSON.parse(decodeURIComponent(location.hash.slice(1) || '%7B%7D'));
    var pieces = [
        '\uc548\ub155\ud558\uc138\uc694', '\ud83d\ude80\ud83d\ude00', '\u2028\u2029', '\u0000\u0001\u001f',
        '</script><!--<script>', '\u00e9\u00ff\u0080', '100% %25 a+b "\\\'', '\ufeff\ufffe',
        '\ud800|\udc00'
    ];
    var told = false;

    function tell(error, found) {
        if (told) return;
        told = true;
        var text = JSON.stringify({ id: asked.id, error: error ? String(error) : null, found: found });
        new Image().src = asked.report + '?' + encodeURIComponent(text.slice(0, 1500));
        document.title = error ? 'failed' : 'done';
    }

    function fail(text) {
        tell(text);
        throw new Error(text);
    }

    function codes(text) {
        var out = [];
        for (var i = 0; i < text.length && i < 24; ++i) out.push(text.charCodeAt(i).toString(16));
        return out.join(' ');
    }

    // Half of a pair of surrogates may come back as U+FFFD, as UTF-8 cannot hold it.
    function is_same(sent, got) {
        if (typeof got !== 'string') return false;
        return sent === got || sent.replace(/\ud800\|\udc00/, '\ufffd|\ufffd') === got;
    }

    function check(sent, got, what) {
        if (is_same(sent, got)) return;
        fail(what + ': sent ' + sent.length + ' units, ' + codes(sent) + ', got ' +
            (typeof got === 'string' ? got.length + ' units, ' + codes(got) : typeof got));
    }

    function numbered(n) {
        return n + ' ' + pieces[n % pieces.length] + ' ' + n;
    }

    // `size` characters, of which every 50th is not ASCII, if they are mixed.
    function big_text(size, mixed) {
        var out = [];
        for (var length = 0, line = 0; length < size; ++line) {
            var part = 'line ' + line + (mixed ? ' \uc548\u00e9 ' : ' plain ') + 'abcdefghijklmnopqrstuvwxyz|';
            out.push(part);
            length += part.length;
        }
        return out.join('').slice(0, size);
    }

    // All that is sent and has to come back, in order.
    function texts() {
        var all = [];
        for (var n = 0; n < (asked.count || 200); ++n) all.push(numbered(n));
        if (asked.big !== 0) {
            all.push(big_text(asked.big || 200000, false));
            all.push(big_text(asked.big || 200000, true));
        }
        all.push('last');
        return all;
    }

    // Sends in waves and compares; calls done() at the end.
    function echoes(send, done) {
        var all = texts();
        var sent = 0;
        var seen = 0;
        function wave() {
            for (var end = Math.min(sent + 40, all.length); sent < end; ++sent) send(all[sent]);
        }
        wave();
        return function (got) {
            check(all[seen], got, 'echo ' + seen);
            ++seen;
            if (seen === all.length) return done();
            if (seen % 40 === 20) wave();
        };
    }

    // -- SockJS -------------------------------------------------------------------------------

    function open_sockjs(path) {
        // How long it waits for a transport follows from the round trip to the server: on a busy
        // machine that may be less than opening takes. 1.4 has an option, 0.3 another.
        var options = { timeout: asked.timeout, rtt: asked.timeout && asked.timeout / 6 };
        if (asked.timeout && SockJS.prototype.countRTO) {
            SockJS.prototype.countRTO = function () { return asked.timeout / 2; };
        }
        if (asked.transports) options[/^0/.test(SockJS.version) ? 'protocols_whitelist' : 'transports'] = asked.transports;
        return new SockJS(asked.url + path, null, options);
    }

    // 0.3 calls it `protocol`.
    function transport_of(sock) {
        return sock.transport || sock.protocol;
    }

    function sockjs_echo() {
        var sock = open_sockjs('/echo');
        var name;
        var take;
        sock.onopen = function () {
            name = transport_of(sock);
            take = echoes(function (text) { sock.send(text); }, function () {
                sock.onclose = function (e) {
                    if (e.code !== 1000) fail('own close gave ' + e.code);
                    tell(null, name);
                };
                sock.close();
            });
        };
        sock.onmessage = function (e) { take(e.data); };
        sock.onclose = function (e) { fail('closed: ' + e.code + ' ' + e.reason); };
    }

    // The server says goodbye with a code and a reason.
    function sockjs_close() {
        var sock = open_sockjs('/close');
        var name;
        sock.onopen = function () { name = transport_of(sock); };
        sock.onclose = function (e) {
            tell(e.code === 3000 && e.reason === 'Go away!' ? null : 'closed with ' + e.code + ' ' + e.reason,
                name);
        };
    }

    // Says only which transport the client ends on.
    function sockjs_choose() {
        var sock = open_sockjs(asked.path || '/echo');
        sock.onopen = function () { sock.send('hello'); };
        sock.onmessage = function (e) {
            check('hello', e.data.slice(-5), 'echo');
            tell(null, transport_of(sock));
            sock.close();
        };
        sock.onclose = function (e) { tell(null, 'closed ' + e.code); };
    }

    // -- Socket.IO ----------------------------------------------------------------------------

    function open_socketio(transports) {
        var options = { forceNew: true, reconnection: false, timeout: 60000 };
        if (transports) options.transports = transports;
        if (asked.jsonp) options.forceJSONP = true;
        if (asked.base64) options.forceBase64 = true;
        var socket = io(asked.url, options);
        var failed = function (e) { fail('failed: ' + (e && e.message || e) + ' ' + (e && e.description || '')); };
        socket.on('connect_error', failed);
        socket.on('error', failed);
        socket.on('disconnect', function (why) { if (!told) fail('disconnected: ' + why); });
        return socket;
    }

    function bytes_of(size) {
        var array = new Uint8Array(size);
        for (var i = 0; i < size; ++i) array[i] = i * 31;
        return array.buffer;
    }

    function check_bytes(got, size) {
        if (!(got instanceof ArrayBuffer)) fail('no bytes came but ' + typeof got);
        var array = new Uint8Array(got);
        if (array.length !== size) fail('sent ' + size + ' bytes, got ' + array.length);
        for (var i = 0; i < size; ++i) if (array[i] !== (i * 31 & 255)) fail('byte ' + i + ' differs');
    }

    // Texts both ways, a broadcast in both directions between this and a client on a WebSocket, if
    // the engine has that (an echo alone would not show text that the server has misread), and bytes.
    function socketio_echo() {
        var first = open_socketio(asked.transports);
        var second = open_socketio(window.WebSocket ? ['websocket'] : asked.transports);
        var hello = numbered(0) + numbered(1) + numbered(5);
        var expects_bytes = typeof ArrayBuffer === 'function' || typeof ArrayBuffer === 'object';
        var open = 0;
        var heard = 0;
        var take;
        function finish() {
            tell(null, first.io.engine.transport.name);
            first.disconnect();
            second.disconnect();
        }
        function bytes() {
            if (!expects_bytes || asked.bytes === false) return finish();
            first.emit('echo', bytes_of(1000), function (back) {
                check_bytes(back, 1000);
                finish();
            });
        }
        function hear(text) {
            check(hello, text, 'broadcast ' + heard);
            ++heard;
            if (heard === 2) second.emit('bcast', hello);
            if (heard === 4) bytes();
        }
        function start() {
            if (++open < 2) return;
            take = echoes(function (text) { first.emit('echo', text); }, function () {
                first.emit('bcast', hello);
            });
        }
        first.on('echo', function (text) { take(text); });
        first.on('message', hear);
        second.on('message', hear);
        first.on('auth', start);
        second.on('auth', start);
    }

    // Which transport it is, and how it polls: script elements have an index.
    function engine_transport(engine) {
        var transport = engine.transport;
        return transport.name + (transport.index === undefined ? '' : ' by script elements');
    }

    // Says which transport the client ends on: the last it has changed to by the answer.
    function socketio_choose() {
        var socket = open_socketio(asked.transports);
        var settled = false;
        function settle() {
            if (settled) return;
            settled = true;
            socket.emit('echo', pieces[0], function (back) {
                check(pieces[0], back, 'echo');
                tell(null, engine_transport(socket.io.engine));
                socket.disconnect();
            });
        }
        socket.on('connect', function () {
            var engine = socket.io.engine;
            if (engine.transport.name === 'websocket' || !window.WebSocket) return settle();
            engine.on('upgrade', settle);
        });
    }

    var cases = {
        sockjs_echo: sockjs_echo, sockjs_close: sockjs_close, sockjs_choose: sockjs_choose,
        socketio_echo: socketio_echo, socketio_choose: socketio_choose
    };

    function run() {
        if (asked.remove) legacy_remove(asked.remove);
        window.onerror = function (text, file, line) { tell('error: ' + text + ' ' + file + ':' + line); };
        document.write('<script src="' + asked.client + '"></script>');
        window.onload = function () { cases[asked['case']](); };
    }

    return { run: run };
})();
