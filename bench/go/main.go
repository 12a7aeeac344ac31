// The same work on net/http and mattn's SQLite: check the signature, answer a repeat with its
// first reply, store event and document in one synced transaction, reply with TwiML. One
// goroutine writes, and commits all webhooks that wait in one transaction.
// usage: TWILIO_AUTH_TOKEN=... offhook-bench-go --data DIR --url SIGNED-URL
package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

var escaper = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;")

type document struct {
	MessageSid   string   `json:"messageSid"`
	From         string   `json:"from"`
	To           string   `json:"to"`
	Body         string   `json:"body"`
	Direction    string   `json:"direction"`
	NumMedia     int      `json:"numMedia"`
	Media        []string `json:"media"`
	ReceivedAt   string   `json:"receivedAt"`
	Status       string   `json:"status"`
	ErrorCode    *int     `json:"errorCode"`
	ErrorMessage *string  `json:"errorMessage"`
	UpdatedAt    string   `json:"updatedAt"`
}

type server struct {
	token, url string
	store      *store
}

// Twilio's rule: the URL, then every name and value, sorted by name.
func (s *server) genuine(params url.Values, signature string) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	sort.Strings(names)
	mac := hmac.New(sha1.New, []byte(s.token))
	io.WriteString(mac, s.url)
	for _, name := range names {
		for _, value := range params[name] {
			io.WriteString(mac, name)
			io.WriteString(mac, value)
		}
	}
	return hmac.Equal(got, mac.Sum(nil))
}

func newEvent(params url.Values) (*event, error) {
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	media, _ := strconv.Atoi(params.Get("NumMedia"))
	all := make(map[string]string, len(params))
	for name := range params {
		all[name] = params.Get(name)
	}
	allJSON, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(document{
		MessageSid: params.Get("MessageSid"),
		From:       params.Get("From"),
		To:         params.Get("To"),
		Body:       params.Get("Body"),
		Direction:  "inbound",
		NumMedia:   media,
		Media:      []string{},
		ReceivedAt: now,
		Status:     "received",
		UpdatedAt:  now,
	})
	if err != nil {
		return nil, err
	}
	return &event{
		sid:        params.Get("MessageSid"),
		receivedAt: now,
		params:     string(allJSON),
		document:   string(doc),
		reply: `<?xml version="1.0" encoding="UTF-8"?><Response><Message>` +
			`Thanks for your message! We received: "` +
			escaper.Replace(params.Get("Body")) + `"</Message></Response>`,
		stored: make(chan string, 1),
	}, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/twilio/sms" {
		http.NotFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	if !s.genuine(r.PostForm, r.Header.Get("X-Twilio-Signature")) {
		http.Error(w, "refused", http.StatusForbidden)
		return
	}
	event, err := newEvent(r.PostForm)
	if err != nil {
		http.Error(w, "not stored", http.StatusServiceUnavailable)
		return
	}
	reply := s.store.keep(event)
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(reply)))
	io.WriteString(w, reply)
}

func main() {
	data := flag.String("data", "", "the data directory")
	signed := flag.String("url", "", "the URL that is signed")
	flag.Parse()
	store, err := openStore(*data)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, &server{os.Getenv("TWILIO_AUTH_TOKEN"), *signed, store}))
}
