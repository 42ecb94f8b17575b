// The test servers on Go's net/http.
package main

import "auditor/testserver/deploy"

func main() { deploy.Serve(routed) }
