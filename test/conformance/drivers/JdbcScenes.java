import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Timer;
import java.util.TimerTask;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * What pgjdbc sees on one way to the server: a line for each scene, errors included. The way is the
 * URL given as argument; the password is in the environment. Nothing here knows of the gateway.
 */
public class JdbcScenes {
  interface Act {
    Object run() throws Exception;
  }

  static void scene(String name, Act act) throws Exception {
    try {
      System.out.println(name + ": " + act.run());
    } catch (SQLException error) {
      System.out.println(name + ": error " + error.getSQLState());
    }
  }

  static String read(ResultSet rows) throws SQLException {
    StringBuilder text = new StringBuilder();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      for (int column = 1; column <= columns; column++) {
        Object value = rows.getObject(column);
        text.append(value instanceof byte[] bytes ? Arrays.toString(bytes) : value).append('|');
      }
    }
    return text.toString();
  }

  static Connection connect(String url) throws SQLException {
    return DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
  }

  public static void main(String[] args) throws Exception {
    try (Connection connection = connect(args[0]); Statement statement = connection.createStatement()) {
      statement.execute("create temp table t (id int primary key, note text, raw bytea)");
      try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?, ?)")) {
        for (int id = 0; id < 300; id++) {
          insert.setInt(1, id);
          insert.setString(2, "één " + id);
          insert.setBytes(3, new byte[] {(byte) id, 0});
          insert.addBatch();
        }
        scene("batch", () -> Arrays.stream(insert.executeBatch()).sum());
      }
      try (PreparedStatement select = connection.prepareStatement("select note, raw from t where id = ?")) {
        for (int turn = 0; turn < 8; turn++) { // named on the server, and binary, from the fifth on
          select.setInt(1, turn);
          scene("prepared", () -> read(select.executeQuery()));
        }
      }
      connection.setAutoCommit(false);
      try (PreparedStatement cursor = connection.prepareStatement("select id from t order by id")) {
        cursor.setFetchSize(50);
        scene("fetched by fifty", () -> read(cursor.executeQuery()).length());
      }
      connection.commit();
      connection.setAutoCommit(true);
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      StringBuilder lines = new StringBuilder();
      for (int id = 300; id < 20_000; id++) lines.append(id).append("\tcopied\t\\\\x00\n");
      byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
      scene("copy in", () -> copy.copyIn("copy t from stdin", new ByteArrayInputStream(bytes)));
      scene("copy in, refused", () -> copy.copyIn("copy t from stdin", new ByteArrayInputStream(bytes)));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      scene("copy out", () -> copy.copyOut("copy t (id, note) to stdout", out) + " of " + out.size());
      scene("several", () -> statement.execute("select 1; select 2; update t set note = '' where id = 1"));
      scene("violated", () -> statement.executeUpdate("insert into t values (1)"));
      scene("divided", () -> read(statement.executeQuery("select 1/0")));
      scene("call", () -> read(statement.executeQuery("select upper('a'), current_database()")));
      scene("metadata", () -> read(connection.getMetaData().getPrimaryKeys(null, null, "t")).length() > 0);
      Timer timer = new Timer(true);
      timer.schedule(new TimerTask() {
        @Override
        public void run() {
          try {
            statement.cancel();
          } catch (SQLException error) {
            System.out.println("the cancel failed: " + error.getSQLState());
          }
        }
      }, 500);
      scene("cancel", () -> read(statement.executeQuery("select pg_sleep(30)")));
      scene("goes on", () -> read(statement.executeQuery("select 1")));
      statement.execute("listen news");
      statement.execute("notify news, 'hello'");
      scene("notify", () -> connection.unwrap(PGConnection.class).getNotifications(5_000)[0].getParameter());
      String large = "x".repeat(3_000_000);
      try (PreparedStatement length = connection.prepareStatement("select length(?)")) {
        length.setString(1, large);
        scene("large", () -> read(length.executeQuery()));
      }
    }
    scene("wrong password", () -> DriverManager.getConnection(args[0], System.getenv("PGUSER"), "wrong"));
  }
}
