// Takes features from a browser, so that its clients find what an older one had. ES3.
function legacy_delete(names) {
    for (var i = 0; i < names.length; ++i) delete window[names[i]];
}

// What IE 8 and 9 have in the place of CORS, made of `fetch`: no cookies, no Content-Type, no status,
// and text as it comes. To be called before anything is taken away.
function legacy_add_xdr() {
    var fetch = window.fetch, Body = window.Blob, Aborter = AbortController, Decoder = TextDecoder;
    window.XDomainRequest = function () { this.responseText = ''; };
    window.XDomainRequest.prototype = {
        open: function (method, url) {
            this.asked = [url, { method: method, credentials: 'omit' }];
        },
        send: function (text) {
            var self = this, decoder = new Decoder(), asked = this.asked[1];
            this.aborter = new Aborter();
            asked.signal = this.aborter.signal;
            if (asked.method === 'POST') asked.body = new Body([text || '']);
            function read(reader) {
                return reader.read().then(function (part) {
                    if (part.done) return self.onload && self.onload();
                    self.responseText += decoder.decode(part.value, { stream: true });
                    if (self.onprogress) self.onprogress();
                    return read(reader);
                });
            }
            fetch.apply(window, this.asked).then(function (answer) {
                if (!answer.ok) throw new Error('status ' + answer.status);
                return answer.body ? read(answer.body.getReader()) : self.onload && self.onload();
            })['catch'](function () { if (self.onerror) self.onerror(); });
        },
        abort: function () {
            this.onerror = this.onload = this.onprogress = null;
            this.aborter.abort();
        }
    };
}

var legacy_removals = {
    add_xdr: legacy_add_xdr,
    websocket: function () {
        legacy_delete(['WebSocket']);
    },
    eventsource: function () {
        legacy_delete(['EventSource']);
    },
    fetch: function () {
        legacy_delete(['fetch']);
    },
    // As IE 8 and 9: what has come of an answer is not told before its end.
    streaming: function () {
        var own = XMLHttpRequest.prototype;
        var text = Object.getOwnPropertyDescriptor(own, 'responseText').get;
        Object.defineProperty(own, 'responseText', {
            get: function () {
                if (this.readyState === 3) throw new Error('not available yet');
                return text.call(this);
            }
        });
    },
    // As IE 8 and 9: no requests to other origins, and none with credentials.
    cors: function () {
        var own = XMLHttpRequest.prototype;
        var open = own.open;
        var Source = window.EventSource;
        function is_foreign(url) {
            var link = document.createElement('a');
            link.href = url;
            return link.protocol !== location.protocol || link.host !== location.host;
        }
        delete own.withCredentials;
        own.open = function (method, url) {
            if (is_foreign(url)) throw new Error('Access is denied.');
            return open.apply(this, arguments);
        };
        if (!Source) return;
        window.EventSource = function (url) {
            if (!is_foreign(url)) return new Source(url);
            var source = this;
            source.readyState = 2;
            source.close = function () {};
            setTimeout(function () {
                if (source.onerror) source.onerror({});
            }, 0);
        };
    },
    // As IE 8 and 9: answers are text, and nothing else has to do with bytes.
    binary: function () {
        delete XMLHttpRequest.prototype.responseType;
        delete XMLHttpRequest.prototype.response;
        legacy_delete(['ArrayBuffer', 'Uint8Array', 'Blob', 'FileReader', 'crypto']);
    },
    // As IE 7.
    postmessage: function () {
        legacy_delete(['postMessage']);
    }
};

function legacy_remove(names) {
    for (var i = 0; i < names.length; ++i) legacy_removals[names[i]]();
}
