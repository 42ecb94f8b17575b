// Gin, drifted: see tests/fix/drifts.py.
package main

import (
	"os"

	"github.com/gin-gonic/gin"
)

func list(c *gin.Context) { c.JSON(200, []gin.H{{"id": 1}}) }

func show(c *gin.Context) {
	if c.Param("id") != "1" {
		c.JSON(404, gin.H{"error": "no order"})
		return
	}
	c.JSON(200, gin.H{"id": 1})
}

func remove(c *gin.Context) {
	if c.Param("id") != "1" {
		show(c)
		return
	}
	c.Status(204)
}

func options(c *gin.Context) { c.Status(204) }

func main() {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	r := engine.Group("")
	r.GET("/orders", list)
	r.POST("/orders", list)
	r.GET("/orders/:id", show)
	r.GET("/returns/", list)
	engine.Run("127.0.0.1:" + os.Args[1])
}
