// Go's net/http: main URL ASKED "METHOD STATUS"...; ASKED 0: as it comes.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Println(strings.TrimPrefix(runtime.Version(), "go"))
		return
	}
	for _, pair := range os.Args[3:] {
		method, status, _ := strings.Cut(pair, " ")
		var content io.Reader
		if strings.Contains(" POST PUT PATCH QUERY ", " "+method+" ") {
			content = strings.NewReader("x=1")
		}
		request, err := http.NewRequest(method, os.Args[1]+"/from/"+status+"/"+method, content)
		if err != nil {
			continue
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	}
}
